using System.Collections.Immutable;

namespace Kedge.Store.Contracts;

/// <summary>One package, whole. Never compared as a record.</summary>
/// <param name="Row">What is listed of it.</param>
/// <param name="Envelope">The signed envelope, exactly as it came.</param>
/// <param name="ManifestJson">The manifest, JSON.</param>
public sealed record PackageContent(PackageRow Row, ImmutableArray<byte> Envelope, string ManifestJson);
