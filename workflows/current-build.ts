/** Workflows that are pinned to no build. */
import type { Workflow } from '@temporalio/common';
import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';

/**
 * The workers of the build that is current go on with it, also with what another build has begun: a change of its commands needs `patched()`.
 * A worker without a version must not say so: the service takes no answer of it that does.
 */
export function onTheCurrentBuild(workflow: Workflow): void {
  setWorkflowOptions(() => (isVersioned() ? { versioningBehavior: 'AUTO_UPGRADE' } : {}), workflow);
}

/** A worker without a version has one all the same, of no deployment. */
function isVersioned(): boolean {
  return (workflowInfo().currentDeploymentVersion?.deploymentName ?? '') !== '';
}
