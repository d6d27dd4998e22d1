/** The address of an artifact: its content. Two artifacts with the same bytes are the same artifact. */
export interface ArtifactRef {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
}
