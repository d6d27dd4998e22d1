/** Ensembles of trees as tests want them, and the ONNX files that exporters would write of them. */
import * as onnx from '../../../bench/onnx-files.js';

export const FEATURES = 3;
export const ML = 'ai.onnx.ml';

export type Tree = { readonly votes: readonly number[] } | Split;
export interface Split {
  readonly feature: number;
  readonly threshold: number;
  readonly lower: Tree;
  readonly higher: Tree;
}

export interface Ensemble {
  readonly trees: readonly Tree[];
  /** Two classes of which each leaf votes for one, the same through the logistic function, several that it votes for, or a number. */
  readonly gives: 'one of two' | 'logistic' | 'classes' | 'sum' | 'mean';
  /** Numbers a leaf gives. */
  readonly votes: number;
  readonly mode?: string;
  readonly offset?: number;
  readonly more?: readonly Uint8Array[];
}

/** The attributes of an ensemble, as exporters write them. */
export function attributesOf({ trees, gives, mode = 'BRANCH_LEQ', offset, more = [] }: Ensemble): Uint8Array[] {
  const nodes: Record<'tree' | 'id' | 'feature' | 'lower' | 'higher' | 'threshold', number[]> = {
    tree: [],
    id: [],
    feature: [],
    lower: [],
    higher: [],
    threshold: [],
  };
  const modes: string[] = [];
  const votes: Record<'tree' | 'node' | 'id' | 'weight', number[]> = { tree: [], node: [], id: [], weight: [] };
  trees.forEach((tree, treeId) => {
    let next = 0;
    const add = (node: Tree): number => {
      const id = next++;
      const at = nodes.id.length;
      nodes.tree.push(treeId);
      nodes.id.push(id);
      const split = 'votes' in node ? null : node;
      modes.push(split === null ? 'LEAF' : mode);
      nodes.feature.push(split?.feature ?? 0);
      nodes.threshold.push(split?.threshold ?? 0);
      nodes.lower.push(0);
      nodes.higher.push(0);
      if (split !== null) {
        nodes.lower[at] = add(split.lower);
        nodes.higher[at] = add(split.higher);
      } else {
        (node as { votes: readonly number[] }).votes.forEach((weight, index) => {
          votes.tree.push(treeId);
          votes.node.push(id);
          votes.id.push(index);
          votes.weight.push(weight);
        });
      }
      return id;
    };
    add(tree);
  });
  const isNumber = gives === 'sum' || gives === 'mean';
  const prefix = isNumber ? 'target' : 'class';
  const classes = Math.max(2, trees[0] === undefined ? 0 : votesOf(trees[0]));
  return [
    onnx.intsAttribute('nodes_treeids', nodes.tree),
    onnx.intsAttribute('nodes_nodeids', nodes.id),
    onnx.intsAttribute('nodes_featureids', nodes.feature),
    onnx.intsAttribute('nodes_truenodeids', nodes.lower),
    onnx.intsAttribute('nodes_falsenodeids', nodes.higher),
    onnx.floatsAttribute('nodes_values', nodes.threshold),
    onnx.textsAttribute('nodes_modes', modes),
    onnx.intsAttribute(`${prefix}_treeids`, votes.tree),
    onnx.intsAttribute(`${prefix}_nodeids`, votes.node),
    onnx.intsAttribute(`${prefix}_ids`, votes.id),
    onnx.floatsAttribute(`${prefix}_weights`, votes.weight),
    ...(isNumber
      ? [
          onnx.intAttribute('n_targets', 1),
          onnx.textAttribute('aggregate_function', gives === 'sum' ? 'SUM' : 'AVERAGE'),
        ]
      : [
          onnx.intsAttribute(
            'classlabels_int64s',
            Array.from({ length: classes }, (_, index) => index),
          ),
        ]),
    ...(gives === 'logistic' ? [onnx.textAttribute('post_transform', 'LOGISTIC')] : []),
    ...(offset === undefined ? [] : [onnx.floatsAttribute('base_values', [offset])]),
    ...more,
  ];
}

export const nodesOf = (trees: readonly Tree[]): number =>
  trees.reduce((sum, tree) => sum + 1 + ('votes' in tree ? 0 : nodesOf([tree.lower, tree.higher])), 0);

const votesOf = (tree: Tree): number => ('votes' in tree ? tree.votes.length : votesOf(tree.lower));

export function modelOf(ensemble: Ensemble, width: number | string = FEATURES): Uint8Array {
  const isNumber = ensemble.gives === 'sum' || ensemble.gives === 'mean';
  const classes = isNumber ? 1 : Math.max(2, ensemble.votes);
  const operator = isNumber ? 'TreeEnsembleRegressor' : 'TreeEnsembleClassifier';
  const outputs = isNumber ? ['value'] : ['label', 'probabilities'];
  return onnx.model(
    {
      nodes: [onnx.node(operator, ['features'], outputs, attributesOf(ensemble), ML)],
      inputs: [onnx.value('features', onnx.FLOAT, ['N', width])],
      outputs: [
        ...(isNumber ? [] : [onnx.value('label', onnx.INT64, ['N'])]),
        onnx.value(outputs.at(-1)!, onnx.FLOAT, ['N', classes]),
      ],
    },
    { domain: ML },
  );
}
