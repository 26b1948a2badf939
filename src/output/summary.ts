import type { EntityInfo } from '../engine/core/meters.js';
import { formatDuration, formatSize } from '../engine/core/units.js';
import type { Plan } from '../engine/plan/plan.js';
import { UNBOUNDED } from '../scenario/plan/expectations.js';
import type { ExpectationResult } from './expectations.js';
import type { RunResult, Verified } from './run.js';
import { type SchedulerDocument, ServiceReport, type VmDocument } from './service.js';
import { type Column, formatTable, groupDigits } from './table.js';

/**
 * The end of a run for people: layers, virtual machines, expectations, and last the digest.
 * @param notes lines to stand under the totals
 */
export function formatSummary(
  plan: Plan,
  entities: readonly EntityInfo[],
  result: RunResult,
  notes: readonly string[] = [],
): string {
  const { totals, simulatedNs, wallSeconds } = result;
  const commands = totals.reads + totals.writes + totals.others;
  const seconds = simulatedNs / 1e9;
  const speed = wallSeconds > 0 ? groupDigits(commands / wallSeconds) : '-';
  const parts = [
    `${plan.title} (${plan.name}, seed ${plan.seed})`,
    `${formatDuration(simulatedNs)} simulated in ${wallSeconds.toFixed(2)} s, ${speed} I/Os per second of wall time`,
    `${groupDigits(totals.reads)} reads (${formatSize(totals.bytesRead)}), ` +
      `${groupDigits(totals.writes)} writes (${formatSize(totals.bytesWritten)}), ` +
      `${groupDigits(totals.others)} others, ${groupDigits(totals.errors)} errors`,
    ...notes,
    '',
    formatLayers(result, seconds),
    '',
    formatVms(new ServiceReport(plan, entities).span(undefined, result.last)),
  ];
  if (result.verified !== undefined) parts.push('', formatVerified(result.verified));
  if (result.expectations.length > 0) parts.push('', formatExpectations(result.expectations));
  if (plan.expectationsSkipped > 0) parts.push('', formatSkipped(plan.expectationsSkipped));
  parts.push('', `digest ${result.digest}`);
  return parts.join('\n');
}

function formatLayers({ layers }: RunResult, seconds: number): string {
  const rate = (value: number): string => groupDigits(seconds > 0 ? value / seconds : 0);
  const megabytes = (bytes: number): string =>
    (seconds > 0 ? bytes / seconds / 1024 / 1024 : 0).toFixed(1);
  type Row = RunResult['layers'][string];
  // Layers that keep a queue but do not count commands show no rates rather than zeros.
  const counted = (text: (row: Row) => string) => (row: Row) =>
    row.reads + row.writes + row.others > 0 ? text(row) : '-';
  const columns: readonly Column<Row>[] = [
    { title: 'layer', align: 'left', text: ({ title }) => title },
    { title: 'parts', text: ({ entities }) => String(entities) },
    { title: 'reads/s', text: counted(({ reads }) => rate(reads)) },
    { title: 'writes/s', text: counted(({ writes }) => rate(writes)) },
    { title: 'others/s', text: counted(({ others }) => rate(others)) },
    { title: 'MB/s read', text: counted(({ bytesRead }) => megabytes(bytesRead)) },
    { title: 'MB/s written', text: counted(({ bytesWritten }) => megabytes(bytesWritten)) },
    { title: 'mean ms', text: counted(({ meanLatencyMs }) => meanLatencyMs.toFixed(3)) },
    { title: 'active', text: ({ meanActive }) => meanActive.toFixed(1) },
    { title: 'queued', text: ({ meanQueued }) => meanQueued.toFixed(1) },
    { title: 'errors', text: counted(({ errors }) => groupDigits(errors)) },
  ];
  return formatTable(Object.values(layers), columns);
}

function formatVms(vms: readonly VmDocument[]): string {
  const ms = (value: number | null | undefined): string => value?.toFixed(3) ?? '-';
  const mean = (value: number | undefined): string => value?.toFixed(1) ?? '-';
  return formatTable(vms, [
    { title: 'VM', align: 'left', text: ({ name }) => name },
    { title: 'host', align: 'left', text: ({ host }) => host },
    { title: 'asked/s', text: ({ askedIops }) => groupDigits(askedIops) },
    { title: 'I/Os per s', text: ({ iops }) => groupDigits(iops) },
    { title: '32K/s', text: ({ scheduler }) => count(scheduler?.unitsPerSecond) },
    { title: 'MB/s', text: ({ bytesPerSecond }) => (bytesPerSecond / 1024 / 1024).toFixed(1) },
    { title: 'mean ms', text: ({ latencyMs }) => ms(latencyMs.mean) },
    { title: 'p95 ms', text: ({ latencyMs }) => ms(latencyMs.p95) },
    { title: 'p99 ms', text: ({ latencyMs }) => ms(latencyMs.p99) },
    { title: 'wait ms', text: ({ scheduler }) => ms(scheduler?.queueMs) },
    { title: 'queued', text: ({ scheduler }) => mean(scheduler?.meanQueued) },
    { title: 'active', text: ({ scheduler }) => mean(scheduler?.meanActive) },
    { title: 'served by', align: 'left', text: ({ scheduler }) => formatPhases(scheduler) },
    { title: 'errors', text: ({ errors }) => groupDigits(errors) },
  ]);
}

const count = (value: number | undefined): string =>
  value === undefined ? '-' : groupDigits(value);

/** How its commands came to their turn: `30 % reservation`, and `limited 80 %` of the time. */
function formatPhases(scheduler: SchedulerDocument | null): string {
  if (scheduler === null) return '-';
  const { byReservation, byWeight, limited } = scheduler;
  const part = (value: number): string => `${Math.round(100 * value)} %`;
  const all = byReservation + byWeight;
  const parts = [
    ...(byReservation > 0 ? [`reservation ${part(byReservation / all)}`] : []),
    ...(byWeight > 0 ? [`shares ${part(byWeight / all)}`] : []),
    ...(limited >= 0.005 ? [`limit held ${part(limited)}`] : []),
  ];
  return parts.length === 0 ? '-' : parts.join(', ');
}

export function formatExpectations(results: readonly ExpectationResult[]): string {
  return formatTable(results, [
    { title: 'expected', align: 'left', text: ({ ok }) => (ok ? 'ok' : 'FAILED') },
    { title: '', align: 'left', text: ({ text }) => text },
    { title: 'found', text: (result) => show(result, result.value) },
    { title: 'range', align: 'left', text: formatRange },
  ]);
}

function formatVerified({ blocksRead, blocksWritten, violations }: Verified): string {
  const found = violations === 0 ? 'nothing wrong found' : `${groupDigits(violations)} WRONG`;
  return `verified blocks of 4 KiB: ${groupDigits(blocksRead)} read, ${groupDigits(blocksWritten)} written, ${found}`;
}

function formatSkipped(count: number): string {
  const what = count === 1 ? 'expectation' : 'expectations';
  return `${count} ${what} not checked: the run was cut short`;
}

function formatRange(result: ExpectationResult): string {
  const { min, max } = result;
  if (max === UNBOUNDED) return `at least ${show(result, min)}`;
  return min === 0
    ? `at most ${show(result, max)}`
    : `${show(result, min)} to ${show(result, max)}`;
}

function show({ unit }: ExpectationResult, value: number | null): string {
  if (value === null) return 'nothing';
  if (unit === 'ns') return formatDuration(value);
  return unit === 'per second' ? `${groupDigits(value)} per s` : groupDigits(value);
}
