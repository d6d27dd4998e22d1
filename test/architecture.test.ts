import { readFileSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What each folder may import: other folders, and packages ("*": any, "node:": what Node brings). */
const MAY_IMPORT: Readonly<
  Record<string, { readonly folders: readonly string[]; readonly packages: readonly string[] }>
> = {
  // Pure: the package computes, and touches nothing.
  domain: { folders: [], packages: ['fastest-levenshtein'] },
  // Beside these, types of the activities.
  workflows: { folders: ['domain'], packages: ['@temporalio/workflow', '@temporalio/common'] },
  adapters: { folders: ['domain'], packages: ['*'] },
  report: { folders: ['domain'], packages: ['*'] },
  activities: { folders: ['domain', 'adapters', 'report'], packages: ['*'] },
  workers: { folders: ['domain', 'adapters', 'activities', 'workflows'], packages: ['*'] },
  cli: { folders: ['domain', 'adapters', 'activities', 'workflows', 'workers', 'report'], packages: ['*'] },
};

interface Import {
  readonly file: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(folder: string): readonly Import[] {
  return readdirSync(join(ROOT, folder), { recursive: true })
    .map((name) => join(folder, String(name)))
    .filter((name) => /(?<!\.d)\.ts$/.test(name))
    .flatMap((file) => {
      const found: Import[] = [];
      const visit = (node: ts.Node): void => {
        if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
          found.push({ file, target: node.moduleSpecifier.text, typeOnly: isTypeOnly(node) });
        } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
          found.push({ file, target: node.moduleSpecifier.text, typeOnly: node.isTypeOnly });
        } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
          const [argument] = node.arguments;
          const target = argument !== undefined && ts.isStringLiteral(argument) ? argument.text : '(computed)';
          found.push({ file, target, typeOnly: false });
        }
        ts.forEachChild(node, visit);
      };
      visit(ts.createSourceFile(file, readFileSync(join(ROOT, file), 'utf8'), ts.ScriptTarget.Latest, true));
      return found;
    });
}

/** Erased by the compiler: with verbatimModuleSyntax only a whole `import type`. */
function isTypeOnly({ importClause }: ts.ImportDeclaration): boolean {
  return importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
}

function isAllowed(folder: string, { file, target, typeOnly }: Import): boolean {
  const { folders, packages } = MAY_IMPORT[folder]!;
  if (target.startsWith('.')) {
    const [into = ''] = relative(ROOT, resolve(ROOT, dirname(file), target)).split(sep);
    return into === folder || folders.includes(into) || (folder === 'workflows' && into === 'activities' && typeOnly);
  }
  return packages.some((name) => name === '*' || target === name || target.startsWith(`${name}/`));
}

describe('imports point one way', () => {
  it.each(Object.keys(MAY_IMPORT))('from %s', (folder) => {
    const imports = importsOf(folder);
    expect(imports.length).toBeGreaterThan(0);
    const wrong = imports.filter((one) => !isAllowed(folder, one));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  it('and what the domain imports is no part of Node', () => {
    expect(importsOf('domain').filter(({ target }) => isBuiltin(target))).toEqual([]);
  });
});

describe('the workflow bundle', () => {
  const bundle = readFileSync(join(ROOT, 'dist/workflow-bundle.js'), 'utf8');

  it('has the workflows, and nothing that is native, heavy or keeps state between runs', () => {
    // Webpack names each module's path above its code.
    const modules = new Set(bundle.match(/(?<=!\*\*\* )\S+(?= )/g));
    expect([...modules].some((path) => path.endsWith('dist/workflows/evaluate-model.js'))).toBe(true);
    const refused =
      /\.node$|node_modules\/(zod|yaml|@duckdb|onnxruntime[^/]*|apache-arrow|pino|workerpool|prom-client|@temporalio\/(worker|client|activity|core-bridge))\/|dist\/(adapters|report|workers|cli|activities)\//;
    expect([...modules].filter((path) => refused.test(path))).toEqual([]);
  });

  it('is small enough that a worker loads it in no time', () => {
    // The SDK is about 1 MB of it; a library that slipped in shows.
    expect(bundle.length).toBeLessThan(3_000_000);
  });
});
