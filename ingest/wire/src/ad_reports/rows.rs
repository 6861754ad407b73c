//! Bodies of ad reports into rows of cells, whatever they are written in.

use bumpalo::Bump;

use crate::decode::json::{Reader, Token};
use crate::decode::{self, Malformed};

/// A column of an ad report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the field of the same name")]
pub enum Column {
    Platform,
    AccountId,
    CampaignId,
    CampaignName,
    Date,
    Currency,
    Spend,
    Impressions,
    Clicks,
    Conversions,
    Revenue,
    Version,
    AdSetId,
    AdSetName,
    AdId,
    AdName,
    Country,
    Device,
}

const COLUMNS: usize = 18;

impl Column {
    /// All of them.
    pub const ALL: [Column; COLUMNS] = [
        Column::Platform,
        Column::AccountId,
        Column::CampaignId,
        Column::CampaignName,
        Column::Date,
        Column::Currency,
        Column::Spend,
        Column::Impressions,
        Column::Clicks,
        Column::Conversions,
        Column::Revenue,
        Column::Version,
        Column::AdSetId,
        Column::AdSetName,
        Column::AdId,
        Column::AdName,
        Column::Country,
        Column::Device,
    ];

    /// The column a key or a header names, in any letter case. Platforms call an ad set a group or a
    /// squad too.
    pub fn of(name: &str) -> Option<Column> {
        Column::named(name).map(|(_, column)| column)
    }

    /// The same with the name in our own letters.
    pub(crate) fn named(name: &str) -> Option<(&'static str, Column)> {
        const SYNONYMS: [(&str, Column); 9] = [
            ("conversion_value", Column::Revenue),
            ("adset_id", Column::AdSetId),
            ("ad_group_id", Column::AdSetId),
            ("adgroup_id", Column::AdSetId),
            ("ad_squad_id", Column::AdSetId),
            ("adset_name", Column::AdSetName),
            ("ad_group_name", Column::AdSetName),
            ("adgroup_name", Column::AdSetName),
            ("ad_squad_name", Column::AdSetName),
        ];
        let own = Column::ALL.into_iter().map(|column| (column.name(), column));
        let mut names = own.chain(SYNONYMS);
        names.find(|(known, _)| name.trim().eq_ignore_ascii_case(known))
    }

    /// The column's name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Column::Platform => "platform",
            Column::AccountId => "account_id",
            Column::CampaignId => "campaign_id",
            Column::CampaignName => "campaign_name",
            Column::Date => "date",
            Column::Currency => "currency",
            Column::Spend => "spend",
            Column::Impressions => "impressions",
            Column::Clicks => "clicks",
            Column::Conversions => "conversions",
            Column::Revenue => "revenue",
            Column::Version => "version",
            Column::AdSetId => "ad_set_id",
            Column::AdSetName => "ad_set_name",
            Column::AdId => "ad_id",
            Column::AdName => "ad_name",
            Column::Country => "country",
            Column::Device => "device",
        }
    }
}

/// A row as it was sent: texts and numbers as they are written.
#[derive(Clone, Debug, Default)]
pub struct Row<'a> {
    cells: [Option<&'a str>; COLUMNS],
    /// Columns whose value is of a type that cannot be meant, a bit each.
    wrong: u32,
    /// A column that two keys or headers name, and how each names it.
    named_twice: Option<(Column, [&'static str; 2])>,
    /// The row is no object.
    pub(super) no_object: bool,
}

/// By which name each column was met.
type Names = [Option<&'static str>; COLUMNS];

impl<'a> Row<'a> {
    /// The cell of a column, `None` when absent, null or blank.
    pub fn cell(&self, column: Column) -> Option<&'a str> {
        self.cells[column as usize]
    }

    /// Whether the cell holds a list, an object or a truth value.
    pub(super) fn is_wrong(&self, column: Column) -> bool {
        self.wrong >> (column as usize) & 1 == 1
    }

    /// The first column that two keys or headers name, and how each names it: nobody could say which
    /// one counts.
    pub(super) fn named_twice(&self) -> Option<(Column, [&'static str; 2])> {
        self.named_twice
    }

    fn meet(&mut self, names: &mut Names, name: &'static str, column: Column) {
        match &mut names[column as usize] {
            Some(earlier) => {
                self.named_twice.get_or_insert((column, [earlier, name]));
            }
            none => *none = Some(name),
        }
    }

    /// Sets a cell. A blank text is none.
    pub fn put(&mut self, column: Column, text: &'a str) {
        self.cells[column as usize] = Some(text.trim()).filter(|text| !text.is_empty());
    }
}

impl<'a> FromIterator<(Column, &'a str)> for Row<'a> {
    fn from_iter<Cells: IntoIterator<Item = (Column, &'a str)>>(cells: Cells) -> Row<'a> {
        let mut row = Row::default();
        cells.into_iter().for_each(|(column, text)| row.put(column, text));
        row
    }
}

/// Calls `each` with every row of `body`, unpacked already, until it returns `false`.
pub fn read_rows(
    body: &[u8],
    arena: &Bump,
    each: &mut dyn FnMut(&Row<'_>) -> bool,
) -> Result<(), Malformed> {
    let text = decode::text(body)?;
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'[') => read_list(&mut Reader::new(text, arena), each),
        Some(b'{') => read_objects(&mut Reader::new(text, arena), each),
        Some(_) => read_csv(text, each),
        None => Err(Malformed { what: "the body is empty", at: 0 }),
    }
}

fn read_list(
    reader: &mut Reader<'_>,
    each: &mut dyn FnMut(&Row<'_>) -> bool,
) -> Result<(), Malformed> {
    reader.token()?;
    let mut first = true;
    while reader.element(&mut first)? {
        if !each(&read_row(reader)?) {
            return Ok(());
        }
    }
    reader.finish()
}

/// One object after the other, on lines of their own or not.
fn read_objects(
    reader: &mut Reader<'_>,
    each: &mut dyn FnMut(&Row<'_>) -> bool,
) -> Result<(), Malformed> {
    while !reader.at_end() {
        if !each(&read_row(reader)?) {
            return Ok(());
        }
    }
    Ok(())
}

fn read_row<'a>(reader: &mut Reader<'a>) -> Result<Row<'a>, Malformed> {
    let mut row = Row::default();
    let token = reader.token()?;
    if token != Token::Object {
        row.no_object = true;
        return reader.leave(token).map(|()| row);
    }
    let (mut first, mut names) = (true, Names::default());
    while let Some(key) = reader.key(&mut first)? {
        let Some((name, column)) = Column::named(key) else {
            reader.skip()?;
            continue;
        };
        match reader.token()? {
            Token::Text(text) | Token::Number(text) => {
                row.meet(&mut names, name, column);
                row.put(column, text);
            }
            Token::Null => {}
            token => {
                row.wrong |= 1 << column as u32;
                reader.leave(token)?;
            }
        }
    }
    Ok(row)
}

fn read_csv(text: &str, each: &mut dyn FnMut(&Row<'_>) -> bool) -> Result<(), Malformed> {
    let malformed = |what: &'static str, position: Option<&csv::Position>| Malformed {
        what,
        at: position.map_or(0, |position| position.byte() as usize),
    };
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let unreadable =
        |error: csv::Error| malformed("a line with another number of cells", error.position());
    let columns: Vec<_> = reader.headers().map_err(unreadable)?.iter().map(Column::named).collect();
    if columns.iter().all(Option::is_none) {
        return Err(malformed("neither JSON nor CSV with a line of column names", None));
    }
    let (mut header, mut names) = (Row::default(), Names::default());
    columns.iter().flatten().for_each(|(name, column)| header.meet(&mut names, name, *column));
    let mut record = csv::StringRecord::new();
    while reader.read_record(&mut record).map_err(unreadable)? {
        let mut row = Row { named_twice: header.named_twice, ..Row::default() };
        for (column, cell) in columns.iter().zip(&record) {
            if let Some((_, column)) = column {
                row.put(*column, cell);
            }
        }
        if !each(&row) {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<[String; 3]>, Malformed> {
        let mut rows = Vec::new();
        read_rows(body.as_bytes(), &Bump::new(), &mut |row| {
            let cell = |column| row.cell(column).unwrap_or("-").to_owned();
            rows.push([Column::Platform, Column::Spend, Column::Revenue].map(cell));
            rows.len() < 3
        })?;
        Ok(rows)
    }

    #[test]
    fn every_way_of_writing_gives_the_same_rows() {
        let expected: Vec<[String; 3]> =
            vec![["meta", "1.50", "-"].map(String::from), ["google", "2", "3"].map(String::from)];
        for body in [
            r#"[{"platform":"meta","spend":1.50,"x":[{}]},{"platform":"google","spend":"2","revenue":3}]"#,
            "{\"platform\":\"meta\",\"spend\":\"1.50\",\"revenue\":null}\n{\"platform\":\"google\",\"spend\":2,\"conversion_value\":\"3\"}\n",
            "Platform,spend,note,conversion_value\nmeta,1.50,\"a, b\",\ngoogle, 2 ,,3\n",
            "\u{feff}revenue,platform,spend\r\n,meta,1.50\r\n3,google,2",
        ] {
            assert_eq!(read(body), Ok(expected.clone()), "{body}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for body in [
            "",
            "  ",
            "hello",
            "a,b\n1,2",
            "spend,clicks\n1",
            "[{\"spend\":1}",
            "[{}]x",
            "{\"a\":1}]",
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn reading_stops_when_told() {
        let body = "spend\n".to_owned() + &"1\n".repeat(100);
        assert_eq!(read(&body).unwrap().len(), 3);
        assert_eq!(read(&format!("[{}]", vec!["{}"; 100].join(","))).unwrap().len(), 3);
    }

    #[test]
    fn a_column_that_two_names_give_is_marked() {
        let twice = |body: &str| {
            let mut twice = None;
            read_rows(body.as_bytes(), &Bump::new(), &mut |row| {
                twice = row.named_twice();
                true
            })
            .unwrap();
            twice
        };
        let both = Some((Column::Revenue, ["revenue", "conversion_value"]));
        assert_eq!(twice(r#"{"revenue":1,"spend":2,"Conversion_Value":1}"#), both);
        assert_eq!(twice("revenue,conversion_value\n1,\n"), both);
        assert_eq!(twice(r#"{"spend":1,"SPEND":1}"#), Some((Column::Spend, ["spend"; 2])));
        assert_eq!(twice(r#"{"revenue":null,"conversion_value":1}"#), None, "null is absent");
        assert_eq!(twice("spend,note,note\n1,2,3\n"), None);
    }

    #[test]
    fn types_that_cannot_be_meant_are_marked() {
        let mut seen = false;
        read_rows(br#"[{"spend":[1],"clicks":true,"date":1}]"#, &Bump::new(), &mut |row| {
            seen = row.is_wrong(Column::Spend) && row.is_wrong(Column::Clicks);
            seen && !row.is_wrong(Column::Date)
        })
        .unwrap();
        assert!(seen);
    }
}
