using System.Text;
using Kedge.Agent.Sandbox;
using Kedge.Core;
using Kedge.Core.Device;
using Kedge.Inference.Errors;

namespace Kedge.Agent.Tests.Sandbox;

/// <summary>What one instance was told goes to its successor, and to nobody else.</summary>
public sealed class KeptStatesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-states-").FullName;
    private readonly KeptStates _states;

    public KeptStatesTests() => _states = new KeptStates(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_successor_gets_it_once()
    {
        InstancePaths first = Make("bearing", 1);
        File.WriteAllText(first.State, "what it was told");
        _states.Keep(first);
        Directory.Delete(first.Folder, recursive: true);

        InstancePaths other = Make("press", 2);
        _states.Give(other);
        Assert.False(File.Exists(other.State));
        InstancePaths next = Make("bearing", 3);
        _states.Give(next);
        Assert.Equal("what it was told", File.ReadAllText(next.State));
        InstancePaths last = Make("bearing", 4);
        _states.Give(last);
        Assert.False(File.Exists(last.State));
    }

    [Fact]
    public void What_a_server_may_have_put_there_instead_is_not_followed_and_not_read_beyond_its_bound()
    {
        InstancePaths paths = Make("bearing", 1);
        _states.Keep(paths); // None: no error.
        string secret = Path.Combine(_folder, "secret");
        File.WriteAllText(secret, "secret");
        File.CreateSymbolicLink(paths.State, secret);
        _states.Keep(paths);
        File.Delete(paths.State);
        Directory.CreateDirectory(paths.State);
        _states.Keep(paths);
        Directory.Delete(paths.State);
        File.WriteAllBytes(paths.State, new byte[AgentLimits.ServeStateBytesMax + 1]);
        _states.Keep(paths);
        InstancePaths next = Make("bearing", 2);
        _states.Give(next);
        Assert.False(File.Exists(next.State));
    }

    [Fact]
    public void A_workload_that_is_gone_leaves_nothing()
    {
        InstancePaths paths = Make("bearing", 1);
        File.WriteAllText(paths.State, "x");
        _states.Keep(paths);
        _states.Forget(paths.Instance.Workload);
        _states.Forget(paths.Instance.Workload);
        InstancePaths next = Make("bearing", 2);
        _states.Give(next);
        Assert.False(File.Exists(next.State));
    }

    [Fact]
    public void A_probe_tells_a_model_that_was_unloaded_from_one_that_fails()
    {
        Assert.True(Preflight.SaysUnloaded(
            Encoding.UTF8.GetBytes($$"""{"error":"{{ServeErrors.ModelUnloaded.Code}}: bearing was unloaded."}""")));
        Assert.True(Preflight.SaysUnloaded("""{"name":"bearing","ready":false}"""u8));
        Assert.False(Preflight.SaysUnloaded("""{"error":"KEDGE-INFER-004: There is no model bearing."}"""u8));
        Assert.False(Preflight.SaysUnloaded(""u8));
    }

    private InstancePaths Make(string workload, long number)
    {
        InstancePaths paths = new(_folder, new InstanceId(new DeploymentId(workload), number));
        Directory.CreateDirectory(paths.Shared);
        return paths;
    }
}
