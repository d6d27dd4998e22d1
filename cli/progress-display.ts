/** A run's stages on stderr: live where there is a terminal, a line an event where there is none. */
import { EventEmitter, once } from 'node:events';
import { Listr, type ListrDefaultRendererLogLevels, ListrLogger, ProcessOutput } from 'listr2';
import type { RunProgress, StageProgress } from '../activities/contract.js';
import { STAGES, type Stage } from '../domain/stages.js';
import { say } from './output.js';

export interface ProgressDisplay {
  update(progress: RunProgress): void;
  /** Leaves the last state on the screen. */
  end(): Promise<void>;
}

export function createProgressDisplay(): ProgressDisplay {
  return process.stderr.isTTY ? liveDisplay() : plainDisplay();
}

/** How a stage is described beside its name: "98,304 of 130,290 rows". */
function describe(stage: StageProgress): string {
  const time = stage.seconds === null ? '' : ` (${stage.seconds.toFixed(1)} s)`;
  if (stage.note !== null) return `${stage.note}${time}`;
  if (stage.total === null || stage.done === null) return time.trim();
  const percent = stage.total === 0 ? 100 : Math.floor((stage.done / stage.total) * 100);
  return `${stage.done.toLocaleString('en-US')} of ${stage.total.toLocaleString('en-US')} ${stage.unit ?? ''} (${percent} %)`;
}

/** Said between the name of a stage that has ended and what is known of it. */
const MARKS: Readonly<Partial<Record<StageProgress['state'], string>>> = {
  done: '',
  skipped: ' skipped',
  cancelled: ' cancelled',
  failed: ' FAILED',
};

const ended = ({ state }: StageProgress): boolean => MARKS[state] !== undefined;

function plainDisplay(): ProgressDisplay {
  const shown = new Map<Stage, string>();
  return {
    update({ stages }) {
      for (const stage of stages) {
        if (!ended(stage) || shown.get(stage.stage) === stage.state) continue;
        shown.set(stage.stage, stage.state);
        say(`${stage.stage.padEnd(8)}${MARKS[stage.state]} ${describe(stage)}`.trimEnd());
      }
    },
    end: () => Promise.resolve(),
  };
}

function liveDisplay(): ProgressDisplay {
  const changes = new EventEmitter();
  // One listener a stage, and one for the end.
  changes.setMaxListeners(STAGES.length + 2);
  let latest = new Map<Stage, StageProgress>();
  let over = false;
  const tasks = new Listr(
    STAGES.map((name) => ({
      title: name,
      task: async (_context, task) => {
        for (;;) {
          const stage = latest.get(name);
          const cancelled = stage?.state === 'cancelled';
          if (stage !== undefined) task.title = `${name}  ${cancelled ? 'cancelled ' : ''}${describe(stage)}`.trimEnd();
          if (stage?.state === 'failed') throw new Error(task.title);
          if (cancelled || stage?.state === 'skipped' || (over && !(stage !== undefined && ended(stage)))) {
            task.skip(task.title);
            return;
          }
          if (stage?.state === 'done') return;
          await once(changes, 'change');
        }
      },
    })),
    {
      exitOnError: false,
      registerSignalListeners: false,
      rendererOptions: {
        showErrorMessage: false,
        showSkipMessage: false,
        collapseSkips: false,
        logger: new ListrLogger<ListrDefaultRendererLogLevels>({
          processOutput: new ProcessOutput(process.stderr, process.stderr),
        }),
      },
    },
  );
  const rendering = tasks.run().catch(() => undefined);
  return {
    update(progress) {
      latest = new Map(progress.stages.map((stage) => [stage.stage, stage]));
      changes.emit('change');
    },
    async end() {
      over = true;
      changes.emit('change');
      await rendering;
    },
  };
}
