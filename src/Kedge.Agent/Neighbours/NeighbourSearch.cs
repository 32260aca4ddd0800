using System.Collections.Frozen;
using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Errors;
using Kedge.Core.Neighbours;
using Kedge.Wire.Neighbours;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// The search for one file, or one envelope, among the neighbours, from the first question until the file is there or
/// the fetch ends. <see cref="NeighbourPlan"/> decides; this asks, remembers who said what since when, announces and
/// waits. A question is a handshake, so few are asked: all neighbours before this device leads; before that as many, in
/// the order in which they would lead, as it takes to see that it is not its turn; then those from whom something is to
/// come, other ones for each device, so that in a large site they do not all stand before the one that leads. Used by
/// one fetch at a time.
/// </summary>
/// <param name="what">The file, or the package where it is its envelope.</param>
/// <param name="package">The package that it belongs to.</param>
/// <param name="total">Its chunks; 1 for an envelope.</param>
/// <param name="parts">What all searches share.</param>
internal sealed class NeighbourSearch(Digest what, Digest package, int total, NeighbourParts parts)
{
    private const int SmallSite = 16;
    private const int MissesMax = 5;
    private readonly Dictionary<DeviceId, Said> _said = [];
    private readonly Dictionary<DeviceId, int> _misses = [];
    private readonly HashSet<DeviceId> _passedOver = [];
    private readonly long _began = parts.Time.GetTimestamp();
    private OfferState _own;
    private TimeSpan _roundAt;
    private TimeSpan _gotAt;

    /// <summary>True once this device is the one to fetch it over the WAN.</summary>
    internal bool IsLeading { get; private set; }

    private TimeSpan Now => parts.Time.GetElapsedTime(_began);

    /// <summary>
    /// Whom to take chunks from; empty when this device leads: then whoever comes next brings them.
    /// </summary>
    /// <param name="have">Chunks that are there, fewer than there are.</param>
    /// <param name="cancel">Gives up.</param>
    internal async ValueTask<ImmutableArray<NeighbourSource>> NextAsync(int have, CancellationToken cancel)
    {
        if (_own == OfferState.Unknown)
        {
            Announce(OfferState.Wanted);
            await AskInTurnAsync(have, cancel).ConfigureAwait(false);
        }

        while (!IsLeading)
        {
            switch (NeighbourPlan.Decide(View(have)))
            {
                case NeighbourMove.Take take:
                    Announce(OfferState.Following);
                    return take.From;
                case NeighbourMove.Lead:
                    IsLeading = true;
                    Announce(OfferState.Leading);
                    break;
                case NeighbourMove.Wait wait:
                    Announce(wait.Announce);
                    await WaitAsync(wait.Time, cancel).ConfigureAwait(false);
                    await AskAsync(wait.Announce, have, cancel).ConfigureAwait(false);
                    break;
                case var other:
                    throw Check.Unreachable(other);
            }
        }

        return [];
    }

    /// <summary>A chunk came.</summary>
    internal void Got(DeviceId from)
    {
        _gotAt = Now;
        _ = _misses.Remove(from);
    }

    /// <summary>A neighbour did not give what it said to have.</summary>
    internal void Missed(DeviceId device, PeerAnswer answer)
    {
        _ = _said.Remove(device);
        Judge(device, answer);
        if (answer is not PeerAnswer.NotNow { IsBusy: false })
        {
            return;
        }

        // Once may be a file that was put in its place or deleted just then.
        int misses = _misses[device] = _misses.GetValueOrDefault(device) + 1;
        if (misses >= MissesMax)
        {
            parts.Standing.Lied(device, NeighbourErrors.BrokenWord.At($"{misses} times in a row for {what.Short}"));
        }
    }

    /// <summary>What a neighbour has is of no use here: it is not counted on for this any more.</summary>
    internal void PassOver(DeviceId device) => _ = _passedOver.Add(device);

    private void Judge(DeviceId device, PeerAnswer answer)
    {
        switch (answer)
        {
            case PeerAnswer.Given or PeerAnswer.NotNow:
                parts.Standing.Answered(device);
                break;
            case PeerAnswer.Away:
                parts.Standing.DidNotAnswer(device);
                break;
            case PeerAnswer.Wrong wrong:
                parts.Standing.Lied(device, wrong.Finding);
                break;
            default:
                throw Check.Unreachable(answer);
        }
    }

    private NeighbourView View(int have) => new()
    {
        Package = package,
        Self = parts.Self,
        Own = _own,
        Have = have,
        Total = total,
        Others = [.. Seen().Where(s => !parts.Standing.IsOut(s.Device) && !_passedOver.Contains(s.Device))],
        Elapsed = Now - _gotAt,
    };

    private List<NeighbourSeen> Seen()
    {
        List<NeighbourSeen> seen = new(_said.Count);
        foreach ((DeviceId device, Said said) in _said)
        {
            seen.Add(new NeighbourSeen(device, said.Offer, Now - said.Since));
        }

        return seen;
    }

    private void Announce(OfferState state)
    {
        if (_own != state)
        {
            _own = state;
            parts.Board.Announce(what, state);
        }
    }

    private async ValueTask WaitAsync(TimeSpan time, CancellationToken cancel)
    {
        if (time > TimeSpan.Zero)
        {
            await Task.Delay(time, parts.Time, cancel).ConfigureAwait(false);
        }
    }

    private ValueTask AskAsync(OfferState announced, int have, CancellationToken cancel) =>
        announced == OfferState.Claiming ? AskAllAsync(Ranked(), cancel)
        : Now - _roundAt >= PeerLimits.RoundPeriod ? AskInTurnAsync(have, cancel)
        : AskAllAsync(Fed(), cancel);

    /// <summary>
    /// Asks in the order in which devices would lead, more each time, until what was heard says to take or to wait.
    /// </summary>
    private async ValueTask AskInTurnAsync(int have, CancellationToken cancel)
    {
        _roundAt = Now;
        RosterDevice[] devices = Ranked();
        for (int at = 0, wave = PeerLimits.KeptMax; at < devices.Length; at += wave, wave *= 2)
        {
            await AskAllAsync(devices.Skip(at).Take(wave), cancel).ConfigureAwait(false);
            if (NeighbourPlan.Decide(View(have)) is not NeighbourMove.Wait { Announce: OfferState.Claiming })
            {
                break;
            }
        }
    }

    /// <summary>Everybody, the first to lead first.</summary>
    private RosterDevice[] Ranked()
    {
        FrozenDictionary<DeviceId, RosterDevice> devices = parts.Roster.Devices;
        foreach (NeighbourSeen one in Seen())
        {
            if (!devices.ContainsKey(one.Device))
            {
                _ = _said.Remove(one.Device);
            }
        }

        List<RosterDevice> ranked = new(devices.Count);
        foreach (DeviceId device in NeighbourRank.Order(package, devices.Keys))
        {
            if (device != parts.Self && parts.Standing.IsAsked(device))
            {
                ranked.Add(devices[device]);
            }
        }

        return [.. ranked];
    }

    /// <summary>Those from whom something is to come, or who are to lead.</summary>
    private IEnumerable<RosterDevice> Fed()
    {
        FrozenDictionary<DeviceId, RosterDevice> devices = parts.Roster.Devices;
        bool isSmall = devices.Count <= SmallSite;
        return Seen()
            .Where(s => s.Offer.State is not (OfferState.None or OfferState.Unknown)
                && parts.Standing.IsAsked(s.Device) && devices.ContainsKey(s.Device))
            .OrderByDescending(s => isSmall && s.Offer.State == OfferState.Leading)
            .ThenByDescending(NeighbourPlan.IsFed)
            .ThenByDescending(static s => s.Offer.State == OfferState.Claiming)
            .ThenByDescending(s => s.Offer.State == OfferState.Wanted
                ? NeighbourRank.Weight(package, s.Device)
                : NeighbourRank.WeightFor(package, parts.Self, s.Device))
            .Take(PeerLimits.KeptMax)
            .Select(s => devices[s.Device]);
    }

    private async ValueTask AskAllAsync(IEnumerable<RosterDevice> devices, CancellationToken cancel)
    {
        using SemaphoreSlim turn = new(PeerLimits.AskedAtOnceMax);
        Task<Heard>[] asking = [.. devices.Select(d => AskOneAsync(d, turn, cancel))];
        foreach (Heard heard in await Task.WhenAll(asking).ConfigureAwait(false))
        {
            Take(heard.Device, heard.Answer);
        }
    }

    private async Task<Heard> AskOneAsync(
        RosterDevice device, SemaphoreSlim turn, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return new Heard(
                new DeviceId(device.Name), await parts.Client.OfferAsync(device, what, cancel).ConfigureAwait(false));
        }
        finally
        {
            _ = turn.Release();
        }
    }

    private void Take(DeviceId device, PeerAnswer answer)
    {
        if (answer is PeerAnswer.Given given)
        {
            if (NeighbourFormat.TryReadOffer(given.Bytes.Span, out Finding? finding) is { } offer)
            {
                parts.Standing.Answered(device);
                Remember(device, offer);
                return;
            }

            answer = new PeerAnswer.Wrong(NeighbourErrors.BadAnswer.At($"its offer: {finding?.Message}"));
        }

        _ = _said.Remove(device);
        Judge(device, answer);
    }

    private void Remember(DeviceId device, NeighbourOffer offer)
    {
        if (!_said.TryGetValue(device, out Said? before) || before.Offer != offer)
        {
            _said[device] = new Said(offer, Now);
        }
    }

    /// <summary>What a neighbour said last, and since when it says so.</summary>
    private sealed record Said(NeighbourOffer Offer, TimeSpan Since);

    /// <summary>What one neighbour answered to one question.</summary>
    private sealed record Heard(DeviceId Device, PeerAnswer Answer);
}
