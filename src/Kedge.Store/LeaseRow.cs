namespace Kedge.Store;

/// <summary>A lease as it is kept; an empty holder is one that was given back.</summary>
internal sealed record LeaseRow(string Name, string Holder, long ExpiresAtMs, long Term);
