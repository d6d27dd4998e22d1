/** Builds dist/: compiled TypeScript, the SQL and the report's assets beside it, the workflow bundle, and the build's id. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

/** Hex digits of a build's id: 48 bits tell any number of builds apart. */
const BUILD_ID_DIGITS = 12;

/** Of a bundle's lines, about. */
const LINE_CHARACTERS = 160;

/** Of a file, by its path from the bundle's folder; for {@link filesThatKnowWhereTheyAre}. */
const URL_OF_FILE =
  "const urlOfFile = (path) => require('node:url').pathToFileURL(require('node:path').join(__dirname, path)).href;";

compile();
copyAssets('sql', /\.sql$/);
copyAssets('report', /\.(css|client\.js)$/);
chmodSync(join(dist, 'cli/main.js'), 0o755);
await bundleWorkflows();
await bundleCommandLine();
await bundleComputeProcess();
writeBuildId();

function compile() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit' });
}

function filesIn(folder, wanted) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((name) => wanted.test(name))
    .sort();
}

function copyAssets(folder, wanted) {
  for (const name of filesIn(folder, wanted)) {
    mkdirSync(dirname(join(dist, name)), { recursive: true });
    cpSync(join(root, name), join(dist, name));
  }
}

/** Bundling takes some seconds, so it is done only when something that may be in the bundle has changed. */
async function bundleWorkflows() {
  const target = join(dist, 'workflow-bundle.js');
  const stamp = join(dist, 'workflow-bundle.sha256');
  const hash = createHash('sha256');
  for (const name of [...filesIn('dist/workflows', /\.js$/), ...filesIn('dist/domain', /\.js$/), 'package-lock.json']) {
    hash.update(name).update(readFileSync(join(root, name)));
  }
  const digest = hash.digest('hex');
  if (existsSync(target) && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(dist, 'workflows/index.js'),
    failureConverterPath: join(dist, 'workflows/failure-converter.js'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(`${target}.${process.pid}`, code);
  renameSync(`${target}.${process.pid}`, target);
  writeFileSync(stamp, digest);
}

/**
 * The command line in one file, for `cli/bundled.ts`. Not in it: what is native, and Temporal's worker, which loads files of its own from
 * where it is, with the packages that share its state.
 */
async function bundleCommandLine() {
  const target = join(dist, 'cli/bundle.cjs');
  await bundle('cli/command-line.js', target, {
    banner: { js: `(function (exports, require, module, __filename, __dirname) {\n${URL_OF_FILE}` },
    footer: { js: '})' },
    external: ['@temporalio/worker', '@temporalio/activity', '@duckdb/*', 'onnxruntime-node'],
  });
  // In a process of its own, which has loaded nothing yet.
  execFileSync(process.execPath, [join(root, 'scripts/compile-bundle.js')], { stdio: 'inherit' });
}

/** Compute processes in one file: they are started anew whenever one was killed, and each holds in memory what it has loaded. */
async function bundleComputeProcess() {
  await bundle('workers/compute-process.js', join(dist, 'workers/compute-process.cjs'), {
    banner: { js: URL_OF_FILE },
    external: ['@duckdb/*', 'onnxruntime-node'],
  });
}

async function bundle(entry, target, options) {
  const fresh = `${target}.${process.pid}`;
  const { build } = await import('esbuild');
  await build({
    entryPoints: [join(dist, entry)],
    outfile: fresh,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // What is not in it is loaded by `require`: a script that V8 has compiled before has no importer of modules.
    supported: { 'dynamic-import': false },
    // Temporal tells failures apart by the names of their classes.
    keepNames: true,
    // A process holds the text of what it runs. In lines all the same: where one fails that nobody expected to, Node shows it.
    minifyWhitespace: true,
    lineLimit: LINE_CHARACTERS,
    logLevel: 'warning',
    plugins: [filesThatKnowWhereTheyAre(dirname(target))],
    ...options,
  });
  renameSync(fresh, target);
}

/** In a bundle `import.meta.url` would be the bundle's; files that are looked for beside a module are beside that. */
function filesThatKnowWhereTheyAre(folder) {
  return {
    name: 'import.meta.url',
    setup({ onLoad }) {
      onLoad({ filter: /\.js$/, namespace: 'file' }, ({ path }) => {
        if (!path.startsWith(dist)) return undefined;
        const source = readFileSync(path, 'utf8');
        if (!source.includes('import.meta.url')) return undefined;
        const from = JSON.stringify(relative(folder, path));
        return { contents: source.replaceAll('import.meta.url', `urlOfFile(${from})`), loader: 'js' };
      });
    },
  };
}

/**
 * Written down for workers, which tell Temporal what code they are: all that they run, and the versions of what that depends on. From
 * the compiled files and not from the bundle, whose bytes may name the folder it was made in.
 */
function writeBuildId() {
  const hash = createHash('sha256');
  const folders = ['activities', 'adapters', 'cli', 'domain', 'report', 'sql', 'workers', 'workflows'];
  const files = folders.flatMap((folder) => filesIn(join('dist', folder), /\.(js|sql|css)$/));
  for (const name of [...files, 'package-lock.json']) {
    const content = readFileSync(join(root, name));
    hash.update(`${name} ${content.length}\n`).update(content);
  }
  const target = join(dist, 'build-id');
  writeFileSync(`${target}.${process.pid}`, hash.digest('hex').slice(0, BUILD_ID_DIGITS));
  renameSync(`${target}.${process.pid}`, target);
}
