/** Whether the labels that a multiclass model gives agree with the order in which its probabilities are taken. */
import { isContradiction, isSameClass, placeOf } from '../../domain/class-order.js';
import { SegmentryError } from '../../domain/errors.js';

/** How often the model gave each label where one of its probabilities was the highest. */
type Votes = Map<string, number>;

export class OrderProof {
  private readonly votes: readonly Votes[];

  constructor(
    private readonly model: string,
    /** In the order of the probabilities. */
    private readonly classes: readonly string[],
    private readonly from: 'model.json' | 'assumed',
  ) {
    this.votes = classes.map(() => new Map());
  }

  /** @param place of the row's highest probability */
  add(place: number, label: string): void {
    const votes = this.votes[place]!;
    votes.set(label, (votes.get(label) ?? 0) + 1);
  }

  /**
   * Only the label that most rows have counts: in some models (of support vectors) a label is not always that of the highest probability.
   *
   * @throws SegmentryError (data)
   */
  judge(): void {
    const said = this.votes.map(mostFrequent);
    const places = said.flatMap((label, place) => (label === null ? [] : [place]));
    const known = places.map((place) => said[place]!.label);
    if (this.from === 'model.json' && this.areOthersNames(known)) return;
    const wrong = places.find((place) => !isSameClass(said[place]!.label, this.classes[place]!));
    if (wrong !== undefined) throw this.contradiction(wrong, said[wrong]!);
  }

  /** Whether the file gives its own names to labels that are others, as to codes. */
  private areOthersNames(labels: readonly string[]): boolean {
    if (labels.every((label) => placeOf(this.classes, label) < 0)) return true;
    const codes = this.classes.map((_name, place) => String(place));
    const areCodes = labels.every((label) => codes.includes(label));
    const isCoded = this.votes.every((votes, place) => votes.size === 0 || mostFrequent(votes)?.label === codes[place]);
    return areCodes && isCoded && !isContradiction(this.classes, codes);
  }

  private contradiction(place: number, { label, rows }: Said): SegmentryError {
    const all = [...this.votes[place]!.values()].reduce((sum, count) => sum + count, 0);
    const classes = this.classes.join(', ');
    const [what, todo] =
      this.from === 'assumed'
        ? [
            `its probabilities are not in the order of the data's labels (${classes})`,
            'list its classes in the order of its probabilities under "classes" in the version\'s model.json',
          ]
        : [
            `"classes" in its model.json (${classes}) contradict its labels`,
            'correct the order there, or remove the list',
          ];
    return new SegmentryError(
      `${this.model}: ${what}: where number ${place + 1} of them is the highest, which would be "${this.classes[place]!}", it says ` +
        `"${label}" in ${rows} of ${all} ${all === 1 ? 'row' : 'rows'}; ${todo}`,
      'data',
    );
  }
}

interface Said {
  readonly label: string;
  readonly rows: number;
}

function mostFrequent(votes: Votes): Said | null {
  let most: Said | null = null;
  for (const [label, rows] of votes) if (most === null || rows > most.rows) most = { label, rows };
  return most;
}
