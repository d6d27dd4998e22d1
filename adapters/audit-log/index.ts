/** The audit log of an artifact store: writing, reading and verifying it. */
export type { AuditHead } from './audit-head.js';
export { type AuditLog, createAuditLog, FolderAuditLog } from './audit-log.js';
export type { AuditAction, AuditDetails, AuditEvent, AuditRecord } from './audit-record.js';
export { type AuditAnchor, type AuditCheck, verifyAudit } from './verify-audit.js';
