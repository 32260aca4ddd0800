namespace Kedge.Store.Relational;

/// <summary>The few words in which the databases differ.</summary>
/// <param name="EachText">Table of the column <c>value</c>: the texts of the JSON array <c>@texts</c>.</param>
/// <param name="EachObject">Table of the column <c>value</c>: the objects of the JSON array <c>@rows</c>.</param>
internal sealed record SqlDialect(string EachText, string EachObject)
{
    public static readonly SqlDialect Sqlite = new("json_each(@texts) as each", "json_each(@rows) as each");

    public static readonly SqlDialect Postgres = new(
        "jsonb_array_elements_text(@texts::jsonb) as each(value)", "jsonb_array_elements(@rows::jsonb) as each(value)");
}
