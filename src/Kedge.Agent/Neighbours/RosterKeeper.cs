using System.Collections.Concurrent;
using System.Collections.Frozen;
using Kedge.Agent.State;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Neighbours;
using Kedge.Wire.Neighbours;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// The newest roster of the device's site that the server gave: whom to ask, and whom to answer. It is kept on the disk
/// and goes on to count while the server is away. Used from any thread.
/// </summary>
internal sealed class RosterKeeper
{
    private readonly SafeFile _file;
    private readonly IArtifactSource _source;
    private readonly TimeProvider _time;
    private readonly AgentLog? _log;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private byte[] _bytes = [];
    private readonly ConcurrentDictionary<Digest, long> _strangers = [];
    private long? _askedAt;
    private volatile Held _held = new("", FrozenDictionary<DeviceId, RosterDevice>.Empty);

    private RosterKeeper(IDisk disk, IArtifactSource source, TimeProvider time, AgentLog? log)
    {
        _file = new SafeFile(disk, "neighbours", "roster");
        (_source, _time, _log) = (source, time, log);
    }

    /// <summary>Devices of the site with an address, this one perhaps among them.</summary>
    internal FrozenDictionary<DeviceId, RosterDevice> Devices => _held.Devices;

    /// <summary>Value of the device's label <c>site</c>; empty for none.</summary>
    internal string Site => _held.Site;

    /// <summary>Opens what was kept.</summary>
    internal static RosterKeeper Open(IDisk disk, IArtifactSource source, TimeProvider time, AgentLog? log)
    {
        RosterKeeper keeper = new(disk, source, time, log);
        if (keeper._file.Load().Content is { } content)
        {
            keeper.Take(content);
        }

        return keeper;
    }

    /// <summary>True when the roster names a device with this key.</summary>
    internal bool Names(Peer peer) =>
        _held.Devices.TryGetValue(peer.Device, out RosterDevice? device) && device.KeyId == peer.Key.ToString();

    /// <summary>
    /// True when the roster names a device with this key, also where that is so since now: the server is asked once
    /// before a device is a stranger for a while.
    /// </summary>
    internal async ValueTask<bool> KnowsAsync(Peer peer, CancellationToken cancel)
    {
        if (Names(peer) || IsStranger(peer))
        {
            return Names(peer);
        }

        await _turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (!Names(peer) && _askedAt is { } asked
                && PeerLimits.RosterAgain - _time.GetElapsedTime(asked) is { Ticks: > 0 } wait)
            {
                await Task.Delay(wait, _time, cancel).ConfigureAwait(false);
            }

            if (!Names(peer))
            {
                await AskAsync(cancel).ConfigureAwait(false);
            }

            if (!Names(peer))
            {
                if (_strangers.Count >= NeighbourLimits.DevicesMax)
                {
                    _strangers.Clear();
                }

                _strangers[peer.Key] = _time.GetTimestamp();
            }

            return Names(peer);
        }
        finally
        {
            _ = _turn.Release();
        }
    }

    /// <summary>
    /// Asks the server unless it was asked within a time, and keeps what it says; without an answer all stays as it is.
    /// </summary>
    internal async ValueTask RefreshAsync(TimeSpan within, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_askedAt is not { } asked || _time.GetElapsedTime(asked) >= within)
            {
                await AskAsync(cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            _ = _turn.Release();
        }
    }

    private bool IsStranger(Peer peer) => _strangers.TryGetValue(peer.Key, out long since)
        && _time.GetElapsedTime(since) < PeerLimits.StrangerTime;

    private async ValueTask AskAsync(CancellationToken cancel)
    {
        using CancellationTokenSource deadline = new(PeerLimits.RosterDeadline, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancel);
        try
        {
            if (await _source.GetNeighboursAsync(both.Token).ConfigureAwait(false) is FetchOutcome.Done done)
            {
                Keep(done.Bytes.ToArray());
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // The server is away or busy: the roster that is held counts.
        }

        _askedAt = _time.GetTimestamp();
    }

    private void Keep(byte[] bytes)
    {
        if (bytes.AsSpan().SequenceEqual(_bytes) || !Take(bytes))
        {
            return;
        }

        try
        {
            _file.Save(bytes);
        }
        catch (DiskException e)
        {
            // It counts until the agent ends, and is asked for again by the next start.
            _log?.Warn("roster-not-saved", ("message", e.Message));
        }
    }

    private bool Take(byte[] bytes)
    {
        if (NeighbourFormat.TryReadRoster(bytes, out Core.Errors.Finding? finding) is not { } roster)
        {
            _log?.Warn("roster-refused", ("code", finding?.Code), ("message", finding?.Message));
            return false;
        }

        Dictionary<DeviceId, RosterDevice> devices = [];
        foreach (RosterDevice device in roster.Devices)
        {
            devices[new DeviceId(device.Name)] = device;
        }

        _bytes = bytes;
        _held = new Held(roster.Site, devices.ToFrozenDictionary());
        return true;
    }

    /// <summary>One roster, whole.</summary>
    private sealed record Held(string Site, FrozenDictionary<DeviceId, RosterDevice> Devices);
}
