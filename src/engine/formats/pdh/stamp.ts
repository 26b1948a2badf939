/**
 * Times of samples: `MM/DD/YYYY HH:MM:SS`, read as seconds since 1970 in the zone they were written
 * in. Windows adds milliseconds; spreadsheets drop leading zeros and the seconds when they save such
 * a file again (esxtop reference, section 6.1, and the sample of a real host).
 */
const STAMP = /^\s*(\d{1,2})\/(\d{1,2})\/(\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?\s*$/;

const SECONDS_PER_DAY = 86_400;
const DAYS_PER_ERA = 146_097;
/** From 0000-03-01 to 1970-01-01. */
const DAYS_TO_1970 = 719_468;

/** Days since 1970-01-01 in the Gregorian calendar; years count from March, so that leap days end them. */
function daysOf(year: number, month: number, day: number): number {
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * DAYS_PER_ERA + dayOfEra - DAYS_TO_1970;
}

function dateOf(days: number): readonly [year: number, month: number, day: number] {
  const shifted = days + DAYS_TO_1970;
  const era = Math.floor(shifted / DAYS_PER_ERA);
  const dayOfEra = shifted - era * DAYS_PER_ERA;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}

/** Seconds since 1970; undefined when the text is no date and time. */
export function parseStamp(text: string): number | undefined {
  const found = STAMP.exec(text);
  if (found === null) return undefined;
  const [month, day, year, hour, minute, second] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const days = daysOf(year, month, day);
  const [sameYear, sameMonth, sameDay] = dateOf(days);
  const real = sameYear === year && sameMonth === month && sameDay === day;
  if (!real || hour > 23 || minute > 59 || second > 59) return undefined;
  return days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second + Number(found[7] ?? 0);
}

/** Whole seconds; what is between them is left out. */
export function formatStamp(seconds: number): string {
  const whole = Math.floor(seconds);
  const days = Math.floor(whole / SECONDS_PER_DAY);
  const [year, month, day] = dateOf(days);
  const left = whole - days * SECONDS_PER_DAY;
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60].map(two).join(':');
  return `${two(month)}/${two(day)}/${String(year).padStart(4, '0')} ${time}`;
}
