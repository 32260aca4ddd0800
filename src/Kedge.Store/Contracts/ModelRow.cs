using System.Collections.Immutable;

namespace Kedge.Store.Contracts;

/// <summary>One model: what packages of one name add up to. Never compared as a record.</summary>
/// <param name="Name">The name.</param>
/// <param name="PackageCount">How many packages it has.</param>
/// <param name="NewestAtMs">When the newest was pushed, Unix ms.</param>
/// <param name="Tags">Its tags, in their order.</param>
public sealed record ModelRow(string Name, int PackageCount, long NewestAtMs, ImmutableArray<TagRow> Tags);
