namespace Kedge.Cli.Output;

/// <summary>In which form results are written.</summary>
public enum OutputFormat
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>A table for people.</summary>
    Table = 1,

    /// <summary>A table with more columns.</summary>
    Wide = 2,

    /// <summary>JSON for programs.</summary>
    Json = 3,

    /// <summary>YAML.</summary>
    Yaml = 4,

    /// <summary>Kinds and names only: <c>device/press-01</c>.</summary>
    Name = 5,
}
