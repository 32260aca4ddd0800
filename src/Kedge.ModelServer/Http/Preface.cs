using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Kedge.ModelServer.Http;

/// <summary>
/// Tells the two versions of HTTP apart on one socket: HTTP/2 without TLS begins with <c>PRI * HTTP/2.0</c>, and no
/// request of HTTP/1.1 begins so (RFC 9113 §3.3). Nothing is taken out, and a connection that has not said anything
/// holds no buffer.
/// </summary>
internal static class Preface
{
    private static ReadOnlySpan<byte> First => "PRI"u8;

    /// <summary>
    /// Waits for the first bytes. False too for a connection that ends, is to end, or says nothing for too long: the
    /// one for HTTP/1.1 ends it as it ends others.
    /// </summary>
    internal static ValueTask<bool> IsHttp2Async(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        try
        {
            if (input.TryRead(out ReadResult result) && Look(input, result) is { } known)
            {
                return ValueTask.FromResult(known);
            }
        }
        catch (IOException)
        {
            return ValueTask.FromResult(false); // It broke; whoever reads next sees it too.
        }

        return WaitAsync(connection, input);
    }

    private static async ValueTask<bool> WaitAsync(ConnectionContext connection, PipeReader input)
    {
        CancellationToken closing =
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(closing);
        limit.CancelAfter(ServeLimits.KeepAliveTime);
        try
        {
            while (true)
            {
                ReadResult result = await input.ReadAsync(limit.Token).ConfigureAwait(false);
                bool? known = Look(input, result);
                if (known is not null)
                {
                    return known.Value;
                }

                limit.CancelAfter(ServeLimits.HeaderTime);
            }
        }
        catch (OperationCanceledException)
        {
            if (!closing.IsCancellationRequested)
            {
                connection.Abort(new ConnectionAbortedException("It said nothing for too long."));
            }

            return false;
        }
        catch (IOException)
        {
            return false; // It broke; whoever reads next sees it too.
        }
    }

    private static bool? Look(PipeReader input, in ReadResult result)
    {
        Span<byte> first = stackalloc byte[First.Length];
        ReadOnlySequence<byte> buffer = result.Buffer;
        int length = (int)Math.Min(buffer.Length, first.Length);
        buffer.Slice(0, length).CopyTo(first);
        if (!First.StartsWith(first[..length]))
        {
            input.AdvanceTo(buffer.Start);
            return false;
        }

        if (length == first.Length)
        {
            input.AdvanceTo(buffer.Start);
            return true;
        }

        if (result.IsCompleted)
        {
            input.AdvanceTo(buffer.Start);
            return false;
        }

        input.AdvanceTo(buffer.Start, buffer.End);
        return null;
    }
}
