//! Events of one kind as Arrow arrays: one for each field of the schema and each feature read, in their order.

use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, FixedSizeBinaryBuilder, Float64Builder, Int64Builder, ListBuilder, MapBuilder,
    MapFieldNames, StringBuilder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{DataType, Field};
use thiserror::Error;

use crate::engine::Engine;
use crate::event::Event;
use crate::ir::{EventIx, Scalar, Type};
use crate::row::FeatureValues;
use crate::value::{ListRef, MapRef, Slot, Store, Value, ValueRef};

/// Events of one kind, column by column.
#[derive(Debug)]
pub struct EventBatch {
    kind: EventIx,
    occurred_at_us: Vec<i64>,
    fields: Vec<ArrayRef>,
    features: Vec<ArrayRef>,
    /// For fields that are lists or maps: their rows as slots.
    nested: Vec<Option<Nested>>,
}

/// The rows of a column of lists or maps.
#[derive(Debug)]
struct Nested {
    store: Store,
    rows: Vec<Slot>,
}

/// Why arrays are not a batch.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BatchError {
    /// There is no such event kind, or an event is of another.
    #[error("the events are not of the kind")]
    Kind,
    /// Another number of columns than the kind has fields, or the plan reads.
    #[error("{expected} {what} were expected, {got} given")]
    Columns {
        /// Fields or features.
        what: &'static str,
        /// How many there are.
        expected: usize,
        /// How many were given.
        got: usize,
    },
    /// A column of another type or length.
    #[error("column {column} is not {expected} of the batch's length")]
    Column {
        /// The place of the column, fields before features.
        column: usize,
        /// The wanted Arrow type.
        expected: String,
    },
    /// Arrow refused to build an array.
    #[error("cannot build column {column}: {why}")]
    Build {
        /// The place of the column.
        column: usize,
        /// What Arrow said.
        why: String,
    },
}

/// The Arrow type of a column of this type: bool `Boolean`; int, timestamp, duration (microseconds) and enum (place
/// of the word) `Int64`; double `Float64`; string `Utf8`; money a struct of `minor` and the `currency`'s three bytes;
/// lists and maps of these.
#[must_use]
pub fn array_type(ty: Type) -> DataType {
    match ty {
        Type::Bool => DataType::Boolean,
        Type::Int | Type::Timestamp | Type::Duration | Type::Enum(_) => DataType::Int64,
        Type::Double => DataType::Float64,
        Type::String => DataType::Utf8,
        Type::Money(_) => DataType::Struct(money_fields().into()),
        Type::List(scalar) => {
            DataType::List(Arc::new(Field::new("item", scalar_type(scalar), true)))
        }
        Type::Map(scalar) => {
            let entry = vec![
                Field::new("keys", DataType::Utf8, false),
                Field::new("values", scalar_type(scalar), true),
            ];
            let entries = Field::new("entries", DataType::Struct(entry.into()), false);
            DataType::Map(Arc::new(entries), false)
        }
    }
}

fn map_names() -> MapFieldNames {
    MapFieldNames {
        entry: "entries".to_owned(),
        key: "keys".to_owned(),
        value: "values".to_owned(),
    }
}

fn money_fields() -> Vec<Field> {
    vec![
        Field::new("minor", DataType::Int64, true),
        Field::new("currency", DataType::FixedSizeBinary(3), true),
    ]
}

const fn scalar_type(scalar: Scalar) -> DataType {
    match scalar {
        Scalar::Bool => DataType::Boolean,
        Scalar::Int => DataType::Int64,
        Scalar::Double => DataType::Float64,
        Scalar::String => DataType::Utf8,
    }
}

impl EventBatch {
    /// A batch of arrays of the types that [`array_type`] says: `fields` in the order of the schema, its
    /// signals after them, `features` in
    /// that of `EventPlan::reads`; null is missing.
    ///
    /// # Errors
    /// [`BatchError`].
    pub fn new(
        engine: &Engine,
        kind: EventIx,
        occurred_at_us: Vec<i64>,
        fields: Vec<ArrayRef>,
        features: Vec<ArrayRef>,
    ) -> Result<Self, BatchError> {
        let (field_types, feature_types) = types(engine, kind)?;
        let count = |what, expected: usize, got: usize| match expected == got {
            true => Ok(()),
            false => Err(BatchError::Columns {
                what,
                expected,
                got,
            }),
        };
        count("fields", field_types.len(), fields.len())?;
        count("features", feature_types.len(), features.len())?;
        let all = field_types.iter().chain(&feature_types);
        for (column, (ty, array)) in all.zip(fields.iter().chain(&features)).enumerate() {
            let expected = array_type(*ty);
            if *array.data_type() != expected || array.len() != occurred_at_us.len() {
                let expected = expected.to_string();
                return Err(BatchError::Column { column, expected });
            }
        }
        let nested = field_types
            .iter()
            .zip(&fields)
            .map(|(ty, array)| nested(*ty, array))
            .collect();
        Ok(Self {
            kind,
            occurred_at_us,
            fields,
            features,
            nested,
        })
    }

    /// A batch of decoded events with their features.
    ///
    /// # Errors
    /// [`BatchError::Kind`].
    pub fn from_rows(
        engine: &Engine,
        kind: EventIx,
        events: &[(Event, FeatureValues)],
    ) -> Result<Self, BatchError> {
        if events.iter().any(|(event, _)| event.kind() != kind) {
            return Err(BatchError::Kind);
        }
        let (field_types, feature_types) = types(engine, kind)?;
        let field = |(at, ty): (usize, &Type)| {
            let field = crate::ir::FieldIx(u32::try_from(at).unwrap_or(u32::MAX));
            let values: Vec<_> = events.iter().map(|(event, _)| event.get(field)).collect();
            build(at, *ty, &values)
        };
        let feature = |(at, ty): (usize, &Type)| {
            let values: Vec<_> = events
                .iter()
                .map(|(_, features)| features.get(at))
                .collect();
            build(at, *ty, &values)
        };
        let fields = field_types
            .iter()
            .enumerate()
            .map(field)
            .collect::<Result<_, _>>()?;
        let features = feature_types
            .iter()
            .enumerate()
            .map(feature)
            .collect::<Result<_, _>>()?;
        let times = events
            .iter()
            .map(|(event, _)| event.occurred_at_us())
            .collect();
        Self::new(engine, kind, times, fields, features)
    }

    /// The event kind.
    #[must_use]
    pub const fn kind(&self) -> EventIx {
        self.kind
    }

    /// Number of events.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.occurred_at_us.len()
    }

    /// When each event occurred.
    #[must_use]
    pub fn occurred_at_us(&self) -> &[i64] {
        &self.occurred_at_us
    }

    /// The array of a field of the schema.
    #[must_use]
    pub fn field(&self, at: usize) -> Option<&ArrayRef> {
        self.fields.get(at)
    }

    /// The array of a read of the plan.
    #[must_use]
    pub fn feature(&self, at: usize) -> Option<&ArrayRef> {
        self.features.get(at)
    }

    /// A list in a row of a field.
    pub(super) fn list(&self, field: usize, row: usize) -> Option<ListRef<'_>> {
        let nested = self.nested.get(field)?.as_ref()?;
        if let ValueRef::List(list) = nested.store.get(*nested.rows.get(row)?)? {
            Some(list)
        } else {
            None
        }
    }

    /// A map in a row of a field.
    pub(super) fn map(&self, field: usize, row: usize) -> Option<MapRef<'_>> {
        let nested = self.nested.get(field)?.as_ref()?;
        if let ValueRef::Map(map) = nested.store.get(*nested.rows.get(row)?)? {
            Some(map)
        } else {
            None
        }
    }
}

/// The types of a kind's fields and of the features its plan reads.
fn types(engine: &Engine, kind: EventIx) -> Result<(Vec<Type>, Vec<Type>), BatchError> {
    let program = engine.program();
    let schema = program.events.get(kind.ix()).ok_or(BatchError::Kind)?;
    let plan = engine
        .feature_plan()
        .events
        .get(kind.ix())
        .ok_or(BatchError::Kind)?;
    let of = |read: &crate::window::Read| {
        let feature = program.features.get(read.feature.ix());
        feature.map(|feature| feature.ty).ok_or(BatchError::Kind)
    };
    Ok((
        (schema.fields.iter().chain(&schema.signals))
            .map(|field| field.ty)
            .collect(),
        plan.reads.iter().map(of).collect::<Result<_, _>>()?,
    ))
}

fn build(column: usize, ty: Type, values: &[Option<ValueRef<'_>>]) -> Result<ArrayRef, BatchError> {
    let refused = |error: arrow_schema::ArrowError| BatchError::Build {
        column,
        why: error.to_string(),
    };
    let owned = |value: &Option<ValueRef<'_>>| value.and_then(ValueRef::to_owned);
    Ok(match ty {
        Type::Bool => {
            let mut builder = BooleanBuilder::new();
            values
                .iter()
                .for_each(|value| builder.append_option(truth(*value)));
            Arc::new(builder.finish())
        }
        Type::Int | Type::Timestamp | Type::Duration | Type::Enum(_) => {
            let mut builder = Int64Builder::new();
            values
                .iter()
                .for_each(|value| builder.append_option(whole(*value)));
            Arc::new(builder.finish())
        }
        Type::Double => {
            let mut builder = Float64Builder::new();
            values
                .iter()
                .for_each(|value| builder.append_option(real(*value)));
            Arc::new(builder.finish())
        }
        Type::String => {
            let mut builder = StringBuilder::new();
            values
                .iter()
                .for_each(|value| builder.append_option(text(*value)));
            Arc::new(builder.finish())
        }
        Type::Money(_) => {
            let (mut minor, mut currency) = (Int64Builder::new(), FixedSizeBinaryBuilder::new(3));
            for value in values {
                if let Some(Value::Money(money)) = owned(value) {
                    minor.append_value(money.minor);
                    currency
                        .append_value(money.currency.to_bytes())
                        .map_err(refused)?;
                } else {
                    minor.append_null();
                    currency.append_null();
                }
            }
            let arrays: Vec<ArrayRef> = vec![Arc::new(minor.finish()), Arc::new(currency.finish())];
            Arc::new(StructArray::new(money_fields().into(), arrays, None))
        }
        Type::List(scalar) => build_list(scalar, values),
        Type::Map(scalar) => build_map(scalar, values).map_err(refused)?,
    })
}

fn truth(value: Option<ValueRef<'_>>) -> Option<bool> {
    if let Some(ValueRef::Bool(value)) = value {
        Some(value)
    } else {
        None
    }
}

fn whole(value: Option<ValueRef<'_>>) -> Option<i64> {
    <crate::row::Whole as crate::row::Class>::of(value?)
}

fn real(value: Option<ValueRef<'_>>) -> Option<f64> {
    if let Some(ValueRef::Double(value)) = value {
        Some(value)
    } else {
        None
    }
}

fn text(value: Option<ValueRef<'_>>) -> Option<&str> {
    if let Some(ValueRef::String(value)) = value {
        Some(value)
    } else {
        None
    }
}

/// Builds a list column with the builder of its scalar.
macro_rules! lists {
    ($values:expr, $builder:expr, $of:expr) => {{
        let mut builder = ListBuilder::new($builder);
        for value in $values {
            if let Some(ValueRef::List(list)) = value {
                list.iter()
                    .for_each(|item| builder.values().append_option($of(Some(item))));
                builder.append(true);
            } else {
                builder.append(false);
            }
        }
        Arc::new(builder.finish())
    }};
}

/// Builds a map column with the builder of its scalar.
macro_rules! maps {
    ($values:expr, $builder:expr, $of:expr) => {{
        let mut builder = MapBuilder::new(Some(map_names()), StringBuilder::new(), $builder);
        for value in $values {
            let map = if let Some(ValueRef::Map(map)) = value {
                Some(map)
            } else {
                None
            };
            for (key, value) in map.iter().flat_map(|map| map.iter()) {
                builder.keys().append_value(key);
                builder.values().append_option($of(Some(value)));
            }
            builder.append(map.is_some())?;
        }
        Arc::new(builder.finish())
    }};
}

fn build_list(scalar: Scalar, values: &[Option<ValueRef<'_>>]) -> ArrayRef {
    match scalar {
        Scalar::Bool => lists!(values, BooleanBuilder::new(), truth),
        Scalar::Int => lists!(values, Int64Builder::new(), whole),
        Scalar::Double => lists!(values, Float64Builder::new(), real),
        Scalar::String => lists!(values, StringBuilder::new(), text),
    }
}

fn build_map(
    scalar: Scalar,
    values: &[Option<ValueRef<'_>>],
) -> Result<ArrayRef, arrow_schema::ArrowError> {
    Ok(match scalar {
        Scalar::Bool => maps!(values, BooleanBuilder::new(), truth),
        Scalar::Int => maps!(values, Int64Builder::new(), whole),
        Scalar::Double => maps!(values, Float64Builder::new(), real),
        Scalar::String => maps!(values, StringBuilder::new(), text),
    })
}

/// The rows of a list or map column as slots; `None` for other columns.
fn nested(ty: Type, array: &ArrayRef) -> Option<Nested> {
    let scalar = match ty {
        Type::List(scalar) | Type::Map(scalar) => scalar,
        Type::Bool
        | Type::Int
        | Type::Double
        | Type::Money(_)
        | Type::String
        | Type::Timestamp
        | Type::Duration
        | Type::Enum(_) => return None,
    };
    let is_list = matches!(ty, Type::List(_));
    let mut store = Store::default();
    let mut rows = Vec::with_capacity(array.len());
    for row in 0..array.len() {
        rows.push(if !array.is_valid(row) {
            Slot::Missing
        } else if is_list {
            list_row(scalar, array, row, &mut store)
        } else {
            map_row(scalar, array, row, &mut store)
        });
    }
    Some(Nested { store, rows })
}

fn list_row(scalar: Scalar, array: &ArrayRef, row: usize, store: &mut Store) -> Slot {
    let items = array.as_list::<i32>().value(row);
    let slots: Vec<Slot> = (0..items.len())
        .map(|at| item(scalar, &items, at, store))
        .collect();
    store.put_list(&slots)
}

fn map_row(scalar: Scalar, array: &ArrayRef, row: usize, store: &mut Store) -> Slot {
    let entries = array.as_map().value(row);
    let (keys, values) = (entries.column(0), entries.column(1));
    let mut slots = Vec::with_capacity(2 * entries.len());
    for at in 0..entries.len() {
        slots.push(item(Scalar::String, keys, at, store));
        slots.push(item(scalar, values, at, store));
    }
    store.put_map(&slots)
}

fn item(scalar: Scalar, array: &ArrayRef, at: usize, store: &mut Store) -> Slot {
    if array.is_null(at) {
        return Slot::Missing;
    }
    match scalar {
        Scalar::Bool => Slot::Bool(array.as_boolean().value(at)),
        Scalar::Int => Slot::Int(array.as_primitive::<Int64Type>().value(at)),
        Scalar::Double => Slot::Double(array.as_primitive::<Float64Type>().value(at)),
        Scalar::String => store.put_text(array.as_string::<i32>().value(at)),
    }
}
