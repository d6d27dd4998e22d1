/** Kinds of value that several parts of the file share. */
import { z } from 'zod';

/** A name that people read in reports and in the Temporal UI: one line, nothing hidden at its ends. */
export const nameText = z
  .string()
  .max(200)
  .regex(/^\S([^\r\n\t]*\S)?$/, { error: 'a name is one line of text without spaces at its ends' });

export const columnName = z.string().min(1);

/** A DuckDB SQL condition over the data's columns. */
export const condition = z.string().regex(/\S/, { error: 'expected an SQL condition, such as "month >= 7"' });

/** A DuckDB SQL expression over the data's columns. */
export const expression = z.string().regex(/\S/, { error: 'expected an SQL expression, such as "amount * 1.2"' });

export const blockOrWarn = z.enum(['block', 'warn']);
