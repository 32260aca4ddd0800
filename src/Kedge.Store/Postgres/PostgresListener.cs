using System.Globalization;
using Npgsql;

namespace Kedge.Store.Postgres;

/// <summary>
/// Hears of commits of other replicas (<c>LISTEN</c>). While the connection is gone it asks for the revision once a
/// second instead, so a watcher is late but never left waiting.
/// </summary>
internal sealed class PostgresListener : IAsyncDisposable
{
    public const string Channel = "kedge_revision";

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _source;
    private readonly RevisionSignal _signal;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _loop;

    public PostgresListener(NpgsqlDataSource source, RevisionSignal signal, TimeProvider time)
    {
        _source = source;
        _signal = signal;
        _time = time;
        _loop = Task.Run(LoopAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _end.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await ListenAsync(_end.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresFaults.IsFault(e))
            {
                // Reads and writes report the fault to their callers; here the next round is the retry.
                await WaitAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            connection.Notification += (_, notification) =>
            {
                if (long.TryParse(notification.Payload, CultureInfo.InvariantCulture, out long revision))
                {
                    _signal.PublishAtLeast(revision);
                }
            };
            using NpgsqlCommand listen = new($"listen {Channel}", connection);
            await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            using NpgsqlCommand ask = new("select revision from store_state", connection);
            _signal.PublishAtLeast((long)(await ask.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) ?? 0L));
            while (true)
            {
                await connection.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task WaitAsync()
    {
        try
        {
            await Task.Delay(RetryDelay, _time, _end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }
    }
}
