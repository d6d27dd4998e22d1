/** What stages write into the audit log: once per deed, however often the activity is retried. */
import { activityInfo } from '@temporalio/activity';
import type { AuditAction, AuditDetails, AuditHead } from '../adapters/audit-log/index.js';
import type { ActivityDependencies } from './dependencies.js';

export interface Deed {
  readonly action: AuditAction;
  readonly subject: string;
  readonly run: string;
  readonly details: AuditDetails;
  /** Who asked for it; without it the worker that acts. */
  readonly actor?: string;
  /** What tells two deeds of one kind in one workflow apart. */
  readonly part?: string;
  /** Of a deed that can be done once only, whoever asks for it: then every workflow that finds it done means that one. */
  readonly once?: string;
}

/** Records a deed. The same deed of the same workflow is the same record: a retried activity finds its own. */
export async function recordDeed(deps: ActivityDependencies, deed: Deed): Promise<AuditHead> {
  const { action, subject, run, details, actor = deps.actor, part, once } = deed;
  const { workflowExecution } = activityInfo();
  const key =
    once ?? [action, run, workflowExecution?.runId ?? 'none', ...(part === undefined ? [] : [part])].join('/');
  return deps.audit.record({ actor, action, subject, run, details, key });
}
