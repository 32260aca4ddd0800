namespace Kedge.Store.Contracts;

/// <summary>Something that happened, as it was kept.</summary>
/// <param name="Id">Growing by one within the tenant.</param>
/// <param name="Entry">What it was.</param>
public sealed record EventRow(long Id, EventWrite Entry);
