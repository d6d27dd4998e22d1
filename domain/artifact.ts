/** The address of an artifact: its content. Two artifacts with the same bytes are the same artifact. */
export interface ArtifactRef {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Type of the failure of a stage that found an artifact damaged or gone: the run is made again from its request. */
export const ARTIFACT_LOST = 'ArtifactLost';
