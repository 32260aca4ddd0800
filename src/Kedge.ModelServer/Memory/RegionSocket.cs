using Kedge.Core.Errors;
using Kedge.Inference;
using Kedge.Inference.Control;
using Kedge.Inference.Errors;
using Kedge.Inference.Regions;
using Kedge.Native;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer.Memory;

/// <summary>
/// Where clients of the same machine hand shared memory over: one line with a descriptor registers a region, which
/// lives
/// as long as its connection, so that a client that dies leaves nothing behind. One thread of its own; requests never
/// wait for it.
/// </summary>
internal sealed class RegionSocket : IDisposable
{
    private readonly FileDescriptor _listener;
    private readonly List<Client> _clients = [];
    private readonly RegionTable _table;
    private readonly ILogger _log;
    private readonly WakeSignal _end = new();
    private readonly Thread _thread;
    private volatile bool _ended;

    /// <summary>Listens from now on. Throws <see cref="NativeException"/>.</summary>
    internal RegionSocket(string path, RegionTable table, ILogger log)
    {
        _table = table;
        _log = log;
        _listener = ListeningSocket.OpenUnix(
            path, ServeLimits.MemoryConnectionsMax, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        ListeningSocket.SetNonBlocking(_listener);
        _thread = new Thread(Run) { IsBackground = true, Name = "shared memory" };
        _thread.Start();
    }

    public void Dispose()
    {
        _ended = true;
        _end.Set();
        _thread.Join();
        _clients.ForEach(static client => client.Channel.Dispose());
        _listener.Dispose();
        _end.Dispose();
        _table.Clear();
    }

    private void Run()
    {
        while (!_ended)
        {
            FileDescriptor[] sources = [_end.Descriptor, .. _clients.Select(static c => c.Channel.Socket), _listener];
            bool isFull = _clients.Count == ServeLimits.MemoryConnectionsMax;
            int ready = Polling.WaitReadable(isFull ? sources.AsSpan(0, sources.Length - 1) : sources, null);
            if (ready == sources.Length - 1)
            {
                Accept();
            }
            else if (ready > 0)
            {
                Serve(_clients[ready - 1]);
            }
        }
    }

    private void Accept()
    {
        try
        {
            if (ListeningSocket.TryAccept(_listener, nonBlocking: false) is { } connection)
            {
                _clients.Add(new Client(new LineChannel(connection)));
            }
        }
        catch (NativeException failure)
        {
            ServeLog.AcceptFailed(_log, failure.Message);
            Polling.WaitReadable(_end.Descriptor, ServeLimits.AcceptPauseTime);
        }
    }

    private void Serve(Client client)
    {
        try
        {
            ReceivedLine? line = client.Channel.Receive(ServeLimits.ControlLineTime);
            if (line is not null)
            {
                using FileDescriptor? attached = line.Attached;
                Finding? fault = Answer(client, line);
                RegionReply reply = new() { Ok = fault is null, Error = fault?.ToString() };
                client.Channel.Send(reply.ToLine(), null);
                return;
            }
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            ServeLog.ControlBroken(_log, failure.Message);
        }

        foreach (SharedRegion region in client.Regions)
        {
            _table.Remove(region);
            ServeLog.RegionLeft(_log, region.Name);
        }

        _clients.Remove(client);
        client.Channel.Dispose();
    }

    private Finding? Answer(Client client, ReceivedLine line)
    {
        if (!RegionRequest.TryParse(line.Bytes, out RegionRequest? request))
        {
            return InferErrors.RegionRefused.At("The line is no request.");
        }

        if (request.Unregister is { } name)
        {
            int removed = client.Regions.RemoveAll(region =>
            {
                bool isMeant = region.Name == name;
                if (isMeant)
                {
                    _table.Remove(region);
                }

                return isMeant;
            });
            return removed > 0 ? null : InferErrors.RegionUnknown.At($"This connection has no region '{name}'.");
        }

        return Register(client, request, line.Attached);
    }

    private Finding? Register(Client client, RegionRequest request, FileDescriptor? memory)
    {
        if (request.Name is not { Length: > 0 } name || name.Length > InferenceLimits.RegionNameBytesMax
            || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-'))
        {
            return InferErrors.RegionRefused.At("'name' must be 1..128 of A-Z a-z 0-9 . _ -");
        }

        if (memory is null)
        {
            return InferErrors.RegionRefused.At("No descriptor came with the line.");
        }

        if (request.ByteSize > InferenceLimits.RegionBytesMax)
        {
            return InferErrors.RegionRefused.At("It is larger than all regions together may be.");
        }

        SharedMapping? mapping = SharedMapping.TryMap(memory, request.ByteSize, out string reason);
        if (mapping is null)
        {
            return InferErrors.RegionRefused.At($"'{name}': {reason}.");
        }

        SharedRegion region = new(name, mapping.Memory, mapping);
        if (_table.TryAdd(region) is { } taken)
        {
            region.Release();
            return InferErrors.RegionRefused.At($"'{name}': {taken}.");
        }

        client.Regions.Add(region);
        ServeLog.RegionAdded(_log, name, region.Memory.Length);
        return null;
    }

    private sealed record Client(LineChannel Channel)
    {
        public List<SharedRegion> Regions { get; } = [];
    }
}
