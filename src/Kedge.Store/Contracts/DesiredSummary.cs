using Kedge.Core;

namespace Kedge.Store.Contracts;

/// <summary>What one device is asked to run and what it says, in numbers.</summary>
/// <param name="Device">Whose.</param>
/// <param name="Head">What it is asked for.</param>
/// <param name="Reported">Generation that it reported last.</param>
/// <param name="Settled">True when it said that all of it serves.</param>
public sealed record DesiredSummary(DeviceId Device, DesiredHead Head, Generation Reported, bool Settled);
