/** The address of an artifact: its content. Two artifacts with the same bytes are the same artifact. */
export interface ArtifactRef {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Where a folder store keeps an artifact, counted from its folder: for people who are told to look at it. */
export function artifactPath(sha256: string): string {
  return `blobs/${sha256.slice(0, 2)}/${sha256}`;
}

/** Type of the failure of a stage that found an artifact damaged or gone: the run is made again from its request. */
export const ARTIFACT_LOST = 'ArtifactLost';
