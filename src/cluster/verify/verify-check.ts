import type { VerifyProblem } from '../../rpc/index.ts';
import type { NodeAnswers, VerifyView } from './verify-view.ts';

/** One thing that is looked at for each node that answered. It must be linear in what the node has. */
export type AnswerCheck = (view: VerifyView, answers: NodeAnswers) => Iterable<VerifyProblem>;

/** One thing that is looked at once, over the whole cluster. It must be linear in what the cluster has. */
export type ClusterCheck = (view: VerifyView) => Iterable<VerifyProblem>;
