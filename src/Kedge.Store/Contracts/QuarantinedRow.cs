namespace Kedge.Store.Contracts;

/// <summary>A row that holds something the store never writes: it is left out, the others go on.</summary>
/// <param name="Table">Table it lies in.</param>
/// <param name="Key">Its key within the tenant.</param>
/// <param name="Reason">One sentence.</param>
public sealed record QuarantinedRow(string Table, string Key, string Reason);
