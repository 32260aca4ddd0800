using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// Which neighbours are not asked for a while: those that did not answer, for seconds; those that gave what no device
/// in order gives, for an hour. Used from any thread.
/// </summary>
/// <param name="time">Clock.</param>
internal sealed class PeerStanding(TimeProvider time)
{
    private const int ShiftMax = 5;
    private readonly Lock _lock = new();
    private readonly Dictionary<DeviceId, long> _liars = [];
    private readonly Dictionary<DeviceId, (int Times, TimeSpan Until)> _away = [];
    private readonly long _began = time.GetTimestamp();

    /// <summary>Told once whenever a neighbour is left out for what it did.</summary>
    internal Action<DeviceId, Finding>? OnLiar { get; set; }

    private TimeSpan Now => time.GetElapsedTime(_began);

    /// <summary>True where it makes sense to ask a neighbour now.</summary>
    internal bool IsAsked(DeviceId device)
    {
        lock (_lock)
        {
            return !IsLiar(device) && !(_away.TryGetValue(device, out var away) && Now < away.Until);
        }
    }

    /// <summary>True while a neighbour is left out for what it did.</summary>
    internal bool IsOut(DeviceId device)
    {
        lock (_lock)
        {
            return IsLiar(device);
        }
    }

    /// <summary>It answered.</summary>
    internal void Answered(DeviceId device)
    {
        lock (_lock)
        {
            _ = _away.Remove(device);
        }
    }

    /// <summary>It did not: once may be chance, after that it is asked more and more seldom.</summary>
    internal void DidNotAnswer(DeviceId device)
    {
        lock (_lock)
        {
            int times = Math.Min(_away.GetValueOrDefault(device).Times + 1, ShiftMax);
            TimeSpan wait = times == 1 ? TimeSpan.Zero : PeerLimits.AwayTime * (1 << (times - 2));
            _away[device] = (times, Now + wait);
        }
    }

    /// <summary>It did what no device in order does.</summary>
    internal void Lied(DeviceId device, Finding finding)
    {
        lock (_lock)
        {
            if (IsLiar(device))
            {
                return;
            }

            _liars[device] = time.GetTimestamp();
        }

        OnLiar?.Invoke(device, finding);
    }

    private bool IsLiar(DeviceId device)
    {
        if (!_liars.TryGetValue(device, out long since))
        {
            return false;
        }

        if (time.GetElapsedTime(since) < PeerLimits.LiarTime)
        {
            return true;
        }

        _ = _liars.Remove(device);
        return false;
    }
}
