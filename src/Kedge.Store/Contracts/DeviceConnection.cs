using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>A connection that was authenticated.</summary>
/// <param name="Device">Whose.</param>
/// <param name="Key">Digest of the SubjectPublicKeyInfo that it proved.</param>
/// <param name="Replica">Who holds it, at most 63 characters.</param>
/// <param name="AtMs">When, Unix ms.</param>
public sealed record DeviceConnection(DeviceId Device, Digest Key, string Replica, long AtMs);
