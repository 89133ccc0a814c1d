//! Functions of time. A zone is a constant IANA name, looked up in the database that comes with the program.

use jiff::Timestamp;
use jiff::Zoned;
use jiff::tz::TimeZone;

use super::form::{accepts, argument, functions, is_constant, is_regional, returns};

const MICROS_PER_SECOND: f64 = 1_000_000.0;

functions! {
    /// Hour of the day in a zone, 0 to 23.
    HOUR = "hour" ["hour(timestamp(\"2026-03-01T16:30:00Z\"), \"Asia/Shanghai\")" => "0"] {
        (at: Timestamp, zone: Zone) -> Int = local(at, zone).map(|local| i64::from(local.hour()));
    }

    /// Minute of the day in a zone, 0 to 1439.
    MINUTE_OF_DAY = "minute_of_day" ["minute_of_day(timestamp(\"2026-03-01T16:30:00Z\"), \"Asia/Shanghai\")" => "30"] {
        (at: Timestamp, zone: Zone) -> Int =
            local(at, zone).map(|local| i64::from(local.hour()) * 60 + i64::from(local.minute()));
    }

    /// Day of the week in a zone: 1 Monday to 7 Sunday (ISO 8601).
    DAY_OF_WEEK = "day_of_week" ["day_of_week(timestamp(\"2026-03-01T16:30:00Z\"), \"Asia/Shanghai\")" => "1"] {
        (at: Timestamp, zone: Zone) -> Int =
            local(at, zone).map(|local| i64::from(local.weekday().to_monday_one_offset()));
    }

    /// Day of the month in a zone, 1 to 31.
    DAY_OF_MONTH = "day_of_month" ["day_of_month(timestamp(\"2026-03-01T16:30:00Z\"), \"Asia/Shanghai\")" => "2"] {
        (at: Timestamp, zone: Zone) -> Int = local(at, zone).map(|local| i64::from(local.day()));
    }

    /// Date in a zone as `YYYY-MM-DD`.
    DATE = "date" ["date(timestamp(\"2026-03-01T16:30:00Z\"), \"Asia/Shanghai\")" => "\"2026-03-02\""] {
        (at: Timestamp, zone: Zone) -> String = local(at, zone).map(|local| local.date().to_string());
    }

    /// Whether it is Saturday or Sunday in a zone.
    IS_WEEKEND = "is_weekend" ["is_weekend(timestamp(\"2026-03-01T15:00:00Z\"), \"Asia/Shanghai\")" => "true"] {
        (at: Timestamp, zone: Zone) -> Bool =
            local(at, zone).map(|local| local.weekday().to_monday_one_offset() >= 6);
    }

    /// Whether the hour in a zone lies in `from..to`, past midnight when `to` is less: `in_hours(now, zone, 23, 6)`
    /// is the night. Missing for hours outside 0 to 24.
    IN_HOURS = "in_hours" ["in_hours(timestamp(\"2026-03-01T16:30:00Z\"), \"Asia/Shanghai\", 23, 6)" => "true"] {
        (at: Timestamp, zone: Zone, from: Int, to: Int) -> Bool =
            in_hours(i64::from(local(at, zone)?.hour()), from, to);
    }

    /// A duration in seconds, with fractions.
    SECONDS = "seconds" ["seconds(90s)" => "90.0"] {
        (length: Duration) -> Double = length as f64 / MICROS_PER_SECOND;
    }

    /// A duration in hours, with fractions.
    HOURS = "hours" ["hours(90m)" => "1.5"] {
        (length: Duration) -> Double = length as f64 / (3_600.0 * MICROS_PER_SECOND);
    }

    /// A duration in days of 24 hours, with fractions.
    DAYS = "days" ["days(36h)" => "1.5"] {
        (length: Duration) -> Double = length as f64 / (86_400.0 * MICROS_PER_SECOND);
    }
}

/// Microseconds since 1970 UTC as an instant.
pub(super) fn instant(micros: i64) -> Option<Timestamp> {
    Timestamp::from_microsecond(micros).ok()
}

fn local(micros: i64, zone: &TimeZone) -> Option<Zoned> {
    Some(instant(micros)?.to_zoned(zone.clone()))
}

fn in_hours(hour: i64, from: i64, to: i64) -> Option<bool> {
    if !(0..=24).contains(&from) || !(0..=24).contains(&to) {
        return None;
    }
    Some(if from <= to {
        (from..to).contains(&hour)
    } else {
        hour >= from || hour < to
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nights_go_past_midnight() {
        for (hour, from, to, expected) in [
            (23, 23, 6, Some(true)),
            (5, 23, 6, Some(true)),
            (6, 23, 6, Some(false)),
            (9, 9, 17, Some(true)),
            (17, 9, 17, Some(false)),
            (3, 0, 24, Some(true)),
            (3, 8, 8, Some(false)),
            (3, -1, 8, None),
        ] {
            assert_eq!(in_hours(hour, from, to), expected, "{hour} in {from}..{to}");
        }
    }
}
