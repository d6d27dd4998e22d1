/** What a command tells the guardian that it starts. A file of its own: importing the guardian runs it. */
export interface GuardianOptions {
  readonly stateFolder: string;
  readonly binary: string;
  /** Whether a server that has to be started serves the UI. */
  readonly ui: boolean;
}
