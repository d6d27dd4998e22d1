/** Which number of a multiclass run stands for which class, so that every model's probabilities count for the class that they are of. */

/** Whole numbers as a column of floats writes them. */
const WHOLE_FLOAT = /^(-?\d+)\.0+$/;

/** Whether a model and the data mean the same class: the labels of a model that was trained on 2 are 2.0 in a column of floats. */
export function isSameClass(one: string, other: string): boolean {
  return one === other || plain(one) === plain(other);
}

const plain = (name: string): string => name.replace(WHOLE_FLOAT, '$1');

export function placeOf(classes: readonly string[], name: string): number {
  const exact = classes.indexOf(name);
  return exact >= 0 ? exact : classes.findIndex((one) => isSameClass(one, name));
}

/**
 * Whether names that somebody gave to the classes contradict what the model says itself, both in the order of its probabilities. A
 * model that says 0, 1, 2 ... was trained on codes, which any names may stand for, and one that says other words altogether was given new
 * ones; the same words in another order are a mistake about one of the two.
 */
export function isContradiction(named: readonly string[], said: readonly string[]): boolean {
  if (named.length !== said.length) return true;
  if (named.every((name, place) => isSameClass(name, said[place]!))) return false;
  const common = named.filter((name) => placeOf(said, name) >= 0).length;
  const isCoded = said.every((name, place) => name === String(place));
  return common === named.length || (common > 0 && !isCoded);
}

export interface ClassOrder {
  /** The run's classes, as the data write them where they do: a class's number is its place here. */
  readonly classes: readonly string[];
  /** By model, of each of its classes in the order of its probabilities: its number. */
  readonly places: readonly (readonly number[])[];
}

/**
 * @param labels that occur in the data, in their order
 * @param models what each model's classes are called, in the order of its probabilities; null: not known, those of the labels are assumed
 * @param predicted classes beside these that ready-made predictions name
 */
export function orderClasses(
  labels: readonly string[],
  models: readonly (readonly string[] | null)[],
  predicted: readonly string[] = [],
): ClassOrder {
  const classes: string[] = [];
  const numberOf = (name: string): number => {
    const known = placeOf(classes, name);
    if (known >= 0) return known;
    const label = placeOf(labels, name);
    return classes.push(label < 0 ? name : labels[label]!) - 1;
  };
  const places = models.map((names) => (names ?? labels).map(numberOf));
  predicted.forEach(numberOf);
  return { classes, places };
}

/** The labels that a model with these classes never says. */
export function unknownLabels(labels: readonly string[], classes: readonly string[]): readonly string[] {
  return labels.filter((label) => placeOf(classes, label) < 0);
}
