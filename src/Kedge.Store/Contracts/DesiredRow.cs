using System.Collections.Immutable;
using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>The newest desired state of one device with its bytes. Never compared as a record.</summary>
/// <param name="Device">Whose.</param>
/// <param name="Head">What is known about it.</param>
/// <param name="Signed">The signed message, exactly as it is sent.</param>
public sealed record DesiredRow(DeviceId Device, DesiredHead Head, ImmutableArray<byte> Signed);
