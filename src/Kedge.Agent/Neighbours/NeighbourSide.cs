using System.Collections.Immutable;
using Kedge.Agent.Content;
using Kedge.Agent.Identity;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;

namespace Kedge.Agent.Neighbours;

/// <summary>
/// All that a device has for its neighbours: it asks them, answers them and keeps the roster. Made only where
/// <c>agent.json</c> has <c>neighbours</c>; nothing of it runs before <see cref="Start"/>, and <see cref="Join"/> ties
/// it to the content of the agent's loop.
/// </summary>
internal sealed class NeighbourSide : IAsyncDisposable
{
    private readonly NeighbourConfig _config;
    private readonly PeerTls _tls;
    private readonly RosterKeeper _roster;
    private readonly PeerStanding _standing;
    private readonly TimeProvider _time;
    private readonly AgentLog? _log;
    private readonly DeviceId _self;
    private readonly CancellationTokenSource _stop = new();
    private readonly NeighbourCounters _counters = new();
    private NeighbourClient? _client;
    private NeighbourAnswers? _answers;
    private NeighbourServer? _server;
    private Task _refreshing = Task.CompletedTask;

    /// <summary>Makes it; opens the roster that was kept.</summary>
    /// <param name="config">What <c>agent.json</c> says.</param>
    /// <param name="credentials">Who this device is.</param>
    /// <param name="disk">Where the roster is kept.</param>
    /// <param name="source">Where the roster comes from.</param>
    /// <param name="around">Clock and timers, the time that the true one is not before in Unix milliseconds,
    /// log.</param>
    internal NeighbourSide(
        NeighbourConfig config, Credentials credentials, IDisk disk, IArtifactSource source,
        (TimeProvider Time, Func<long> FloorMs, AgentLog? Log) around)
    {
        (_time, _log) = (around.Time, around.Log);
        _config = config;
        _self = credentials.Identity.Device;
        _tls = new PeerTls(credentials, _time, around.FloorMs);
        _roster = RosterKeeper.Open(disk, source, _time, _log);
        _standing = new PeerStanding(_time);
    }

    /// <summary>Where others reach this device.</summary>
    internal ImmutableArray<string> Addresses => _config.Addresses;

    /// <summary>What it does, for status and metrics.</summary>
    internal NeighbourFigures Look() => new(
        _roster.Site, _roster.Devices.Keys.Count(d => d != _self), _counters.TakenBytes, _counters.GivenBytes,
        _counters.Liars);

    /// <summary>Ties it to content; gives the way by which files and envelopes come from neighbours.</summary>
    /// <param name="store">Content of this device.</param>
    /// <param name="onLiar">Told from any thread when a neighbour is left out for what it did.</param>
    internal NeighbourWay Join(ContentStore store, Action<DeviceId, Finding> onLiar)
    {
        Check.That(_client is null);
        NeighbourBoard board = new(store);
        store.OnRight = board.Found;
        _standing.OnLiar = (device, finding) =>
        {
            _counters.Lied();
            onLiar(device, finding);
        };
        _client = new NeighbourClient(_tls, _time);
        _answers = new NeighbourAnswers(board, store, _config.LimitBytesPerSecond, _counters, _time);
        return new NeighbourWay(new NeighbourParts(_self, _roster, _client, _standing, board, _counters, _time));
    }

    /// <summary>Opens the port; throws <see cref="KedgeException"/> when it cannot.</summary>
    internal void Start()
    {
        Check.That(_answers is not null);
        _server = new NeighbourServer(_config, _tls, _roster, _answers, _time, _log);
        _server.Start();
        _refreshing = RefreshAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_server is not null)
        {
            await _server.DisposeAsync().ConfigureAwait(false);
        }

        await _refreshing.ConfigureAwait(false);
        if (_client is not null)
        {
            await _client.DisposeAsync().ConfigureAwait(false);
        }

        _answers?.Dispose();
        _stop.Dispose();
    }

    /// <summary>A roster that is not too old also where nothing is fetched: others ask this device.</summary>
    private async Task RefreshAsync()
    {
        try
        {
            while (true)
            {
                await _roster.RefreshAsync(PeerLimits.RosterFresh, _stop.Token).ConfigureAwait(false);
                await Task.Delay(PeerLimits.RosterPeriod, _time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The agent ends.
        }
    }
}
