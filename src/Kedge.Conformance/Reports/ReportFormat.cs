namespace Kedge.Conformance.Reports;

/// <summary>Forms of a report.</summary>
internal enum ReportFormat
{
    /// <summary>Not chosen.</summary>
    Unknown = 0,

    /// <summary>For people.</summary>
    Table = 1,

    /// <summary>For programs.</summary>
    Json = 2,

    /// <summary>For build servers.</summary>
    JUnit = 3,
}
