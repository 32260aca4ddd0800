using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Kedge.Api.Resources;

namespace Kedge.ControlPlane.Http;

/// <summary>
/// A list as it changes, as server-sent events (WHATWG HTML §9.2). Level-triggered: whenever the store's revision has
/// moved the list is read again, and what differs from what this watch has sent is sent. A slow reader gets the newest
/// state later, never a backlog. A comment every quarter of a minute shows both ends that the other lives.
/// </summary>
internal static partial class WatchStream
{
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);
    private static int s_open;

    /// <summary>Watches until the caller leaves or the server stops.</summary>
    /// <param name="call">The call.</param>
    /// <param name="list">Reads the list; order decides the order of events.</param>
    /// <param name="key">What names an item.</param>
    /// <param name="type">JSON of a change.</param>
    public static Task RunAsync<T>(
        Call call,
        Func<CancellationToken, Task<IReadOnlyList<T>>> list,
        Func<T, string> key,
        JsonTypeInfo<WatchEvent<T>> type)
        where T : class
    {
        Dictionary<string, (string Json, T Item)> sent = new(StringComparer.Ordinal);
        return RunAsync(
            call,
            async ct => await SendChangesAsync(
                call, await list(ct).ConfigureAwait(false), new Sent<T>(sent, key, type), ct).ConfigureAwait(false),
            type);
    }

    /// <summary>Watches something that only grows.</summary>
    /// <param name="call">The call.</param>
    /// <param name="fresh">Reads what is new since the last time.</param>
    /// <param name="type">JSON of an addition.</param>
    public static Task RunAsync<T>(
        Call call, Func<CancellationToken, Task<IReadOnlyList<T>>> fresh, JsonTypeInfo<WatchEvent<T>> type)
        where T : class => RunAsync(
            call,
            async ct =>
            {
                foreach (T item in await fresh(ct).ConfigureAwait(false))
                {
                    await SendAsync(call, new WatchEvent<T>(WatchKind.Added, item), type, ct).ConfigureAwait(false);
                }
            },
            type);

    private static async Task RunAsync<T>(
        Call call, Func<CancellationToken, Task> sendNew, JsonTypeInfo<WatchEvent<T>> type)
        where T : class
    {
        if (Interlocked.Increment(ref s_open) > ServerLimits.WatchesMax)
        {
            Interlocked.Decrement(ref s_open);
            throw new CallRefused(503, ApiErrors.Parameter.At($"more than {ServerLimits.WatchesMax} watches are open"));
        }

        using CancellationTokenSource end =
            CancellationTokenSource.CreateLinkedTokenSource(call.Aborted, call.Server.Stopping);
        try
        {
            await WatchAsync(call, sendNew, type, end.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            // The reader has gone or the server stops: a watch has no other end.
        }
        finally
        {
            Interlocked.Decrement(ref s_open);
        }
    }

    private static async Task WatchAsync<T>(
        Call call, Func<CancellationToken, Task> sendNew, JsonTypeInfo<WatchEvent<T>> type, CancellationToken ct)
        where T : class
    {
        call.Http.Response.ContentType = "text/event-stream";
        call.Http.Response.Headers.CacheControl = "no-store";
        bool synced = false;
        while (true)
        {
            Task changed = call.Server.Wakeups.Changed;
            await sendNew(ct).ConfigureAwait(false);
            if (!synced)
            {
                synced = true;
                await SendAsync(call, new WatchEvent<T>(WatchKind.Synced, null), type, ct).ConfigureAwait(false);
            }

            await call.Http.Response.Body.FlushAsync(ct).ConfigureAwait(false);
            while (!await ChangedWithinAsync(changed, call.Server.Time, ct).ConfigureAwait(false))
            {
                await call.Http.Response.Body.WriteAsync(": alive\n\n"u8.ToArray(), ct).ConfigureAwait(false);
                await call.Http.Response.Body.FlushAsync(ct).ConfigureAwait(false);
            }
        }
    }

    private static async Task SendChangesAsync<T>(
        Call call, IReadOnlyList<T> items, Sent<T> before, CancellationToken ct)
        where T : class
    {
        (Dictionary<string, (string Json, T Item)> sent, Func<T, string> key, JsonTypeInfo<WatchEvent<T>> type) =
            before;
        HashSet<string> there = new(StringComparer.Ordinal);
        foreach (T item in items)
        {
            string name = key(item);
            there.Add(name);
            WatchEvent<T> change = new(WatchKind.Modified, item);
            string json = Comparable(JsonSerializer.Serialize(change, type));
            bool known = sent.TryGetValue(name, out (string Json, T Item) last);
            if (!known || last.Json != json)
            {
                sent[name] = (json, item);
                WatchEvent<T> shown = known ? change : change with { Kind = WatchKind.Added };
                await SendAsync(call, shown, type, ct).ConfigureAwait(false);
            }
        }

        foreach (string gone in sent.Keys.Where(name => !there.Contains(name)).Order(StringComparer.Ordinal).ToArray())
        {
            await SendAsync(call, new WatchEvent<T>(WatchKind.Deleted, sent[gone].Item), type, ct)
                .ConfigureAwait(false);
            sent.Remove(gone);
        }
    }

    /// <summary>An age that grows is no change.</summary>
    private static string Comparable(string json) =>
        Ages().Replace(json, "");

    [GeneratedRegex("\"lastSeen(AgoMs|AtMs)\":-?[0-9]+")]
    private static partial Regex Ages();

    private static async Task<bool> ChangedWithinAsync(Task changed, TimeProvider time, CancellationToken ct)
    {
        try
        {
            await changed.WaitAsync(KeepAlive, time, ct).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private static Task SendAsync<T>(
        Call call, WatchEvent<T> change, JsonTypeInfo<WatchEvent<T>> type, CancellationToken ct)
        where T : class
    {
        byte[] line = [.. "data: "u8, .. JsonSerializer.SerializeToUtf8Bytes(change, type), .. "\n\n"u8];
        return call.Http.Response.Body.WriteAsync(line, ct).AsTask();
    }

    /// <summary>What one watch has sent: bounded by the list that it watches.</summary>
    private sealed record Sent<T>(
        Dictionary<string, (string Json, T Item)> Items, Func<T, string> Key, JsonTypeInfo<WatchEvent<T>> Type)
        where T : class;
}
