using System.Diagnostics.CodeAnalysis;

namespace Kedge.Core.Sites;

/// <summary>
/// Who sends next over the line of a site.
/// <para>Problem: many answers to many devices share one line, and none may starve another, exceed the limit of the
/// line or of its device, or take up what others left.</para>
/// <para>Approach: devices take turns, the answers to one device queue. Whoever is next and owes nothing sends one
/// piece; a device that still owes is passed over until its turn comes again.</para>
/// <para>Invariants: a piece goes only while neither the line nor its device owes anything
/// (<see cref="Allowance"/>).</para>
/// <para>No clock, no locks: whoever owns it brings the time, and calls it from one thread at a time.</para>
/// </summary>
/// <typeparam name="TWaiter">What waits.</typeparam>
public sealed class PaceLine<TWaiter>
    where TWaiter : class
{
    private readonly Dictionary<DeviceId, Lane> _lanes = [];
    private readonly Queue<Lane> _turns = new();
    private Allowance _line;

    /// <summary>How many wait.</summary>
    public int Waiting => _turns.Sum(static lane => lane.Waiters.Count);

    /// <summary>Somebody has something to send to a device.</summary>
    public void Add(DeviceId device, TWaiter waiter)
    {
        if (!_lanes.TryGetValue(device, out Lane? lane))
        {
            lane = _lanes[device] = new Lane(device);
        }

        lane.Waiters.Add(waiter);
        if (!lane.IsInTurn)
        {
            lane.IsInTurn = true;
            _turns.Enqueue(lane);
        }
    }

    /// <summary>Somebody does not wait any longer.</summary>
    public void Remove(DeviceId device, TWaiter waiter)
    {
        if (_lanes.TryGetValue(device, out Lane? lane))
        {
            lane.Waiters.Remove(waiter);
        }
    }

    /// <summary>
    /// Who may send a piece now; its bytes are told by <see cref="Take"/> before the next question. When nobody may,
    /// how long until somebody may if nothing else changes; zero when nobody waits.
    /// </summary>
    public bool TryNext(
        PaceRates rates, TimeSpan now, [NotNullWhen(true)] out TWaiter? waiter, out DeviceId device, out TimeSpan wait)
    {
        (waiter, device) = (null, default);
        _line = _line.At(now, rates.Line);
        wait = _line.Wait;
        if (wait > TimeSpan.Zero)
        {
            wait = _turns.Count == 0 ? TimeSpan.Zero : wait;
            return false;
        }

        TimeSpan first = TimeSpan.MaxValue;
        for (int left = _turns.Count; left > 0; left--)
        {
            Lane lane = _turns.Dequeue();
            if (lane.Waiters.Count == 0)
            {
                lane.IsInTurn = false;
                continue;
            }

            lane.Owed = lane.Owed.At(now, rates.Device);
            if (lane.Owed.Wait == TimeSpan.Zero)
            {
                (waiter, device) = (lane.Waiters[0], lane.Device);
                lane.Waiters.RemoveAt(0);
                lane.IsInTurn = lane.Waiters.Count > 0;
                if (lane.IsInTurn)
                {
                    _turns.Enqueue(lane);
                }

                return true;
            }

            _turns.Enqueue(lane);
            first = lane.Owed.Wait < first ? lane.Owed.Wait : first;
        }

        wait = _turns.Count == 0 ? TimeSpan.Zero : first;
        Forget(rates, now);
        return false;
    }

    /// <summary>So many bytes go to a device.</summary>
    public void Take(DeviceId device, int bytes)
    {
        _line = _line.Taken(bytes);
        if (_lanes.TryGetValue(device, out Lane? lane))
        {
            lane.Owed = lane.Owed.Taken(bytes);
        }
    }

    /// <summary>All who wait, who do so no longer.</summary>
    public IReadOnlyList<TWaiter> Clear()
    {
        TWaiter[] all = [.. _turns.SelectMany(static lane => lane.Waiters)];
        _turns.Clear();
        _lanes.Clear();
        return all;
    }

    /// <summary>A device for which nothing waits and that owes nothing leaves no trace.</summary>
    private void Forget(PaceRates rates, TimeSpan now)
    {
        foreach ((DeviceId device, Lane lane) in _lanes)
        {
            if (!lane.IsInTurn && lane.Owed.At(now, rates.Device).Wait == TimeSpan.Zero)
            {
                _lanes.Remove(device);
            }
        }
    }

    private sealed class Lane(DeviceId device)
    {
        public DeviceId Device { get; } = device;

        public List<TWaiter> Waiters { get; } = [];

        public Allowance Owed { get; set; }

        public bool IsInTurn { get; set; }
    }
}
