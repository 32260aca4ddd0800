using System.Collections.Immutable;

namespace Kedge.Core.Manifests;

/// <summary>What a manifest says about a device. Never compared as a record.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Labels">Its labels, which replace those that it has.</param>
/// <param name="IsCordoned">True when no new deployment may come to it.</param>
public sealed record DeviceManifest(DeviceId Id, ImmutableSortedDictionary<string, string> Labels, bool IsCordoned);
