using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What a tag names, or named at some time.</summary>
/// <param name="Name">Name of the model.</param>
/// <param name="Tag">The tag.</param>
/// <param name="Digest">The package.</param>
/// <param name="MovedAtMs">Since when, Unix ms.</param>
/// <param name="Revision">Store revision of the move.</param>
public sealed record TagRow(string Name, string Tag, Digest Digest, long MovedAtMs, long Revision);
