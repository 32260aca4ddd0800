using System.Net.Sockets;
using Kedge.Agent.Http;

namespace Kedge.Agent.Commands;

/// <summary>Asks the agent that runs on a data folder, over its own socket.</summary>
internal static class LocalCall
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Null when none answers.</summary>
    internal static async Task<HttpAnswer?> AskAsync(
        DataFolder folder, HttpRequest request, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder.Socket), cancel).ConfigureAwait(false);
            HttpExchange exchange = new(new NetworkStream(socket, ownsSocket: false), time, Patience);
            await using (exchange.ConfigureAwait(false))
            {
                return await exchange.SendAsync(request, cancel).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or TimeoutException or ArgumentException)
        {
            // Nobody listens there: the caller looks at what was left, or says so.
            return null;
        }
    }
}
