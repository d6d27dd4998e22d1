/** The stages of a run, in their order. */
export const STAGES = ['pin', 'validate', 'segment', 'infer', 'measure', 'decide', 'act', 'report'] as const;

export type Stage = (typeof STAGES)[number];
