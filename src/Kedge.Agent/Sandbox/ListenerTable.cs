using System.Net;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Native;

namespace Kedge.Agent.Sandbox;

/// <summary>
/// The listening sockets of this device's workloads. The agent opens each once and lends it to one instance after the
/// other; connections that arrive while nobody accepts wait in the kernel's queue.
/// </summary>
internal sealed class ListenerTable(SupervisorOptions options) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<DeploymentId, (EndpointSpec Endpoint, FileDescriptor Socket)> _open = [];

    /// <summary>The listener of a workload at an endpoint, opened when it is not.</summary>
    /// <exception cref="NativeException">The endpoint is taken or cannot be opened.</exception>
    public FileDescriptor Get(DeploymentId workload, EndpointSpec endpoint)
    {
        lock (_lock)
        {
            if (_open.TryGetValue(workload, out var held) && held.Endpoint == endpoint)
            {
                return held.Socket;
            }

            FileDescriptor socket = Open(workload, endpoint);
            held.Socket?.Dispose();
            _open[workload] = (endpoint, socket);
            return socket;
        }
    }

    /// <summary>Takes back a listener that an instance held while there was no agent.</summary>
    /// <returns>False when it is not what the endpoint says, or one is held already; the caller then closes
    /// it.</returns>
    public bool TryAdopt(DeploymentId workload, EndpointSpec endpoint, FileDescriptor socket)
    {
        lock (_lock)
        {
            if (_open.ContainsKey(workload) || !ListeningSocket.IsListening(socket)
                || ListeningSocket.Describe(socket) != Address(workload, endpoint))
            {
                return false;
            }

            _open[workload] = (endpoint, socket);
            return true;
        }
    }

    /// <summary>Shuts the listener of a workload that is gone, for everyone who holds it.</summary>
    public void Close(DeploymentId workload)
    {
        lock (_lock)
        {
            if (_open.Remove(workload, out var held))
            {
                ListeningSocket.Shut(held.Socket);
                held.Socket.Dispose();
                if (held.Endpoint.Expose == Exposure.Unix)
                {
                    File.Delete(UnixPath(workload));
                }
            }
        }
    }

    /// <summary>Lets go of the listeners; instances that hold them go on.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach ((_, FileDescriptor socket) in _open.Values)
            {
                socket.Dispose();
            }

            _open.Clear();
        }
    }

    private FileDescriptor Open(DeploymentId workload, EndpointSpec endpoint)
    {
        if (endpoint.Expose == Exposure.Loopback)
        {
            IPEndPoint address = new(IPAddress.Parse(options.LoopbackAddress), endpoint.Port);
            return ListeningSocket.OpenTcp(address, AgentLimits.ListenBacklog);
        }

        Directory.CreateDirectory(options.EndpointFolder);
        const UnixFileMode ForApplications = UnixFileMode.UserRead | UnixFileMode.UserWrite
            | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        return ListeningSocket.OpenUnix(UnixPath(workload), AgentLimits.ListenBacklog, ForApplications);
    }

    private string Address(DeploymentId workload, EndpointSpec endpoint) => endpoint.Expose == Exposure.Loopback
        ? new IPEndPoint(IPAddress.Parse(options.LoopbackAddress), endpoint.Port).ToString()
        : "unix:" + UnixPath(workload);

    private string UnixPath(DeploymentId workload) => Path.Combine(options.EndpointFolder, $"{workload}.sock");
}
