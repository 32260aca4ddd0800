using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>A device was heard.</summary>
/// <param name="Device">Which.</param>
/// <param name="AtMs">When, Unix ms; an earlier time than the one held changes nothing.</param>
public readonly record struct DeviceSeen(DeviceId Device, long AtMs);
