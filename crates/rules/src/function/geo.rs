//! Functions of places on Earth: latitude and longitude in degrees (WGS 84).

use super::form::{accepts, argument, functions, is_constant, is_regional, returns};

/// Mean radius of the Earth in kilometres (IUGG R1).
const EARTH_KM: f64 = 6_371.008_8;
/// Two places nearer than this are one place to `impossible_travel`: positions from IP addresses and cells are
/// not better.
const SAME_PLACE_KM: f64 = 50.0;
const MICROS_PER_HOUR: f64 = 3_600_000_000.0;

functions! {
    /// Great-circle distance of two points in kilometres (haversine, mean radius 6371.0088 km), 0 to 20015.2;
    /// missing for a latitude outside -90..=90 or a longitude outside -180..=180.
    DISTANCE_KM = "distance_km" ["distance_km(0.0, 0.0, 0.0, 0.0)" => "0.0"] {
        (latitude_a: Double, longitude_a: Double, latitude_b: Double, longitude_b: Double) -> Double =
            distance_km((latitude_a, longitude_a), (latitude_b, longitude_b));
    }

    /// Speed needed to get from one point to the other between two instants, in km/h, whichever came first;
    /// missing when the instants are equal or `distance_km` is missing.
    SPEED_KMH = "speed_kmh" ["speed_kmh(0.0, 0.0, event.occurred_at, 0.0, 0.0, event.occurred_at + 1h)" => "0.0"] {
        (latitude_a: Double, longitude_a: Double, at_a: Timestamp,
         latitude_b: Double, longitude_b: Double, at_b: Timestamp) -> Double =
            distance_km((latitude_a, longitude_a), (latitude_b, longitude_b))? / hours_between(at_a, at_b);
    }

    /// Whether nobody gets from one point to the other in the time between without going faster than `kmh_max`
    /// (airliners: 900). Points within 50 km are one place and never impossible. Missing as `distance_km` is.
    IMPOSSIBLE_TRAVEL = "impossible_travel"
        ["impossible_travel(31.2, 121.5, event.occurred_at, 11.6, 104.9, event.occurred_at + 1h, 900.0)" => "true"] {
        (latitude_a: Double, longitude_a: Double, at_a: Timestamp,
         latitude_b: Double, longitude_b: Double, at_b: Timestamp, kmh_max: Double) -> Bool =
            distance_km((latitude_a, longitude_a), (latitude_b, longitude_b))
                .map(|km| km > SAME_PLACE_KM && km > kmh_max * hours_between(at_a, at_b));
    }
}

fn distance_km(a: (f64, f64), b: (f64, f64)) -> Option<f64> {
    let on_earth = |(latitude, longitude): (f64, f64)| {
        (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude)
    };
    if !on_earth(a) || !on_earth(b) {
        return None;
    }
    let (latitude_a, latitude_b) = (a.0.to_radians(), b.0.to_radians());
    let half_up = ((latitude_b - latitude_a) / 2.0).sin();
    let half_across = ((b.1 - a.1).to_radians() / 2.0).sin();
    let chord = half_up * half_up + latitude_a.cos() * latitude_b.cos() * half_across * half_across;
    Some(2.0 * EARTH_KM * chord.sqrt().min(1.0).asin())
}

fn hours_between(a: i64, b: i64) -> f64 {
    a.abs_diff(b) as f64 / MICROS_PER_HOUR
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHANGHAI: (f64, f64) = (31.2304, 121.4737);
    const PHNOM_PENH: (f64, f64) = (11.5564, 104.9282);

    #[test]
    fn distances_are_great_circles() {
        let km = distance_km(SHANGHAI, PHNOM_PENH).unwrap();
        assert!((2_750.0..2_800.0).contains(&km), "{km}");
        let quarter = distance_km((0.0, 0.0), (90.0, 0.0)).unwrap();
        assert!((quarter - std::f64::consts::FRAC_PI_2 * EARTH_KM).abs() < 1e-6);
        let across_the_date_line = distance_km((0.0, 179.5), (0.0, -179.5)).unwrap();
        assert!((across_the_date_line - 111.195).abs() < 0.01);
        assert_eq!(distance_km((91.0, 0.0), (0.0, 0.0)), None);
        assert_eq!(distance_km(SHANGHAI, SHANGHAI), Some(0.0));
    }
}
