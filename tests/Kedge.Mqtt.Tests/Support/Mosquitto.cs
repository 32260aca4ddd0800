using System.Net;
using System.Net.Sockets;

namespace Kedge.Mqtt.Tests.Support;

/// <summary>A real mosquitto broker on a free port of loopback.</summary>
public sealed class Mosquitto : IAsyncDisposable
{
    private readonly Program _program;
    private readonly string _folder;

    private Mosquitto(Program program, string folder, int port)
    {
        _program = program;
        _folder = folder;
        Port = port;
    }

    public int Port { get; }

    /// <summary>What the broker has logged so far, where its settings send that to standard error.</summary>
    public string Log => _program.Errors;

    public static async Task<Mosquitto> StartAsync(params string[] settings)
    {
        string folder = Directory.CreateTempSubdirectory("kedge-mosquitto-").FullName;
        string file = Path.Combine(folder, "mosquitto.conf");
        for (int attempt = 0; ; attempt++)
        {
            int port = FreePort();
            await File.WriteAllLinesAsync(
                file, [$"listener {port} 127.0.0.1", "allow_anonymous true", "persistence false", .. settings]);
            Program program = Program.Start("/usr/sbin/mosquitto", "-c", file);
            if (await AnswersAsync(port, program))
            {
                return new Mosquitto(program, folder, port);
            }

            string errors = program.Errors;
            await program.DisposeAsync();
            Assert.True(attempt < 5, $"mosquitto does not start: {errors}");
        }
    }

    public async Task<Stream> DialAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<bool> AnswersAsync(int port, Program program)
    {
        DateTimeOffset deadline = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(10);
        while (TimeProvider.System.GetUtcNow() < deadline)
        {
            using var probe = new TcpClient();
            try
            {
                await probe.ConnectAsync(IPAddress.Loopback, port);
                return true;
            }
            catch (SocketException) when (!program.Errors.Contains("Error:", StringComparison.Ordinal))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
            catch (SocketException)
            {
                return false;
            }
        }

        return false;
    }
}
