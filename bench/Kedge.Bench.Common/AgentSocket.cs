using System.Net.Sockets;
using System.Text.Json.Nodes;
using Kedge.Tests.Fleet;

namespace Kedge.Bench.Common;

/// <summary>Asks an agent over its own socket.</summary>
public static class AgentSocket
{
    /// <summary>True once it has found what outlived the last agent, and takes orders.</summary>
    public static async Task<bool> IsReadyAsync(LocalDevice device, CancellationToken cancel) =>
        await GetAsync(device, "/healthz", cancel) is not null;

    /// <summary>What it says of itself; null while nobody answers.</summary>
    public static async Task<JsonNode?> StatusAsync(LocalDevice device, CancellationToken cancel) =>
        await GetAsync(device, "/status", cancel) is { } body ? JsonNode.Parse(body) : null;

    /// <summary>One sample of its metrics.</summary>
    public static async Task<double> MetricAsync(LocalDevice device, string name, CancellationToken cancel)
    {
        string text = await GetAsync(device, "/metrics", cancel)
            ?? throw new InvalidOperationException($"the agent of {device.Name} gives no metrics");
        string line = text.Split('\n').First(each => each.StartsWith(name + " ", StringComparison.Ordinal));
        return double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<string?> GetAsync(LocalDevice device, string path, CancellationToken cancel)
    {
        try
        {
            using HttpClient http = new(new SocketsHttpHandler
            {
                ConnectCallback = async (_, ct) =>
                {
                    Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(
                        new UnixDomainSocketEndPoint(Path.Combine(device.DataFolder, "agent.sock")), ct);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            });
            using HttpResponseMessage answer = await http.GetAsync(new Uri("http://agent" + path), cancel);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadAsStringAsync(cancel) : null;
        }
        catch (HttpRequestException)
        {
            // Not up yet.
            return null;
        }
    }
}
