using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace Kedge.Tests.Fleet.Machines;

/// <summary>
/// Runs commands in a virtual machine by argument vector, through the QEMU guest agent on a virtio-serial port: one
/// JSON
/// document a line, no network. One call at a time.
/// </summary>
internal sealed class GuestAgent : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(40);
    private readonly Socket _socket;
    private readonly StreamReader _reader;

    private GuestAgent(Socket socket)
    {
        _socket = socket;
        _reader = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
    }

    /// <summary>Connects to the port; the guest may still boot, then the first answer takes as long.</summary>
    public static async Task<GuestAgent> ConnectAsync(string path, CancellationToken cancel)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
        return new GuestAgent(socket);
    }

    /// <summary>Returns as soon as the guest answers.</summary>
    public async Task PingAsync(CancellationToken cancel) =>
        (await AskAsync("""{"execute":"guest-ping"}""", cancel)).Dispose();

    /// <summary>Runs a program to its end.</summary>
    /// <param name="arguments">Its path or name, and what it is given.</param>
    /// <param name="input">What it reads from its standard input.</param>
    /// <param name="cancel">Ends the wait, not the program.</param>
    public async Task<CommandResult> RunAsync(string[] arguments, byte[] input, CancellationToken cancel)
    {
        long pid;
        using (JsonDocument started = await AskAsync(Request(arguments, input), cancel))
        {
            pid = started.RootElement.GetProperty("return").GetProperty("pid").GetInt64();
        }

        string status = string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"execute":"guest-exec-status","arguments":{"pid":{{{pid}}}}}""");
        while (true)
        {
            using JsonDocument answer = await AskAsync(status, cancel);
            JsonElement state = answer.RootElement.GetProperty("return");
            if (state.GetProperty("exited").GetBoolean())
            {
                int code = state.TryGetProperty("exitcode", out JsonElement exit)
                    ? exit.GetInt32()
                    : 128 + (state.TryGetProperty("signal", out JsonElement signal) ? signal.GetInt32() : 0);
                return new CommandResult(code, Text(state, "out-data"), Text(state, "err-data"));
            }

            await Task.Delay(Poll, cancel);
        }
    }

    public void Dispose()
    {
        _reader.Dispose();
        _socket.Dispose();
    }

    private static string Request(string[] arguments, byte[] input)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            json.WriteString("execute", "guest-exec");
            json.WriteStartObject("arguments");
            json.WriteString("path", arguments[0]);
            json.WriteStartArray("arg");
            foreach (string argument in arguments.AsSpan(1))
            {
                json.WriteStringValue(argument);
            }

            json.WriteEndArray();
            json.WriteStartArray("env");
            json.WriteStringValue("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
            json.WriteStringValue("LC_ALL=C.UTF-8");
            json.WriteStringValue("DEBIAN_FRONTEND=noninteractive");
            json.WriteEndArray();
            if (input.Length > 0)
            {
                json.WriteBase64String("input-data", input);
            }

            json.WriteBoolean("capture-output", true);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private async Task<JsonDocument> AskAsync(string request, CancellationToken cancel)
    {
        byte[] line = Encoding.UTF8.GetBytes(request + "\n");
        for (int sent = 0; sent < line.Length;)
        {
            sent += await _socket.SendAsync(line.AsMemory(sent), cancel);
        }

        string answer = await _reader.ReadLineAsync(cancel) ?? throw new IOException("the machine is gone");
        JsonDocument document = JsonDocument.Parse(answer);
        if (document.RootElement.TryGetProperty("error", out JsonElement error))
        {
            string why = error.GetRawText();
            document.Dispose();
            throw new InvalidOperationException($"the guest refused {request}: {why}");
        }

        return document;
    }

    private static string Text(JsonElement state, string name) => state.TryGetProperty(name, out JsonElement data)
        ? Encoding.UTF8.GetString(data.GetBytesFromBase64())
        : "";
}
