/** `segmentry codec-server`: lets Temporal's UI and CLI show what is encrypted. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readSecret } from '../adapters/secret-variable.js';
import { SegmentryError } from '../domain/errors.js';
import { EncryptionCodec, readKeyring, startCodecServer } from '../workers/encryption/index.js';
import { EXIT } from './exit-codes.js';
import { examples } from './global-options.js';
import { onInterrupt } from './interrupt.js';
import { print, say } from './output.js';

const TOKEN_VARIABLE = 'SEGMENTRY_CODEC_TOKEN';

/** The port that Temporal's own examples use. */
const DEFAULT_PORT = 8081;

/** Of the UI that Temporal's dev server brings, by both of its names. */
const DEFAULT_ORIGINS = ['http://localhost:8233', 'http://127.0.0.1:8233'];

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly uiOrigin?: readonly string[];
}

export function registerCodecServer(program: Command): void {
  const command = program
    .command('codec-server')
    .description("decrypt for Temporal's UI and CLI, on this machine, with the keys of SEGMENTRY_ENCRYPTION_KEYS")
    .addOption(
      new Option('--port <port>', 'port to listen on; 0 takes a free one').argParser(port).default(DEFAULT_PORT),
    )
    .option('--host <host>', 'address to listen on; one that other machines reach requires a token', '127.0.0.1')
    .addOption(
      new Option(
        '--ui-origin <origin...>',
        `origin of the Temporal UI (default: ${DEFAULT_ORIGINS.join(', ')}, SEGMENTRY_UI_URL)`,
      ),
    )
    .action(async (flags: Flags) => {
      process.exitCode = await serve(flags);
    });
  examples(command, [
    'segmentry codec-server',
    'segmentry codec-server --port 8888 --ui-origin https://temporal.example.com',
  ]);
}

async function serve(flags: Flags): Promise<number> {
  const keyring = readKeyring(process.env);
  if (keyring.first === null) {
    throw new SegmentryError(
      'The codec server has no keys: set SEGMENTRY_ENCRYPTION_KEYS or SEGMENTRY_ENCRYPTION_KEYS_FILE.',
      'usage',
    );
  }
  const ui = process.env['SEGMENTRY_UI_URL'];
  const origins = (flags.uiOrigin ?? [...DEFAULT_ORIGINS, ...(ui === undefined ? [] : [ui])]).map(originOf);
  const interrupted = onInterrupt();
  const server = await startCodecServer(new EncryptionCodec(keyring), {
    host: flags.host,
    port: flags.port,
    origins,
    token: readSecret(process.env, TOKEN_VARIABLE),
  });
  print(server.url);
  say(`keys: ${keyring.ids.join(', ')}; pages of ${origins.join(', ')} may ask. Ctrl-C stops it.`);
  await interrupted.signalled;
  interrupted.dispose();
  await server.close();
  return EXIT.pass;
}

function originOf(address: string): string {
  const origin = URL.canParse(address) ? new URL(address).origin : 'null';
  if (origin !== 'null') return origin;
  throw new SegmentryError(`--ui-origin: not an origin; write it like https://temporal.example.com.`, 'usage');
}

function port(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError('a port is a number from 0 to 65535.');
}
