using Kedge.Agent.Sandbox;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Core.Models;
using Kedge.Tests.Support;

namespace Kedge.Agent.Tests.Sandbox;

public sealed class ToleranceNotesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kedge-notes-").FullName;
    private readonly InstancePaths _paths;

    public ToleranceNotesTests()
    {
        _paths = new InstancePaths(_folder, new InstanceId(new DeploymentId("bearing"), 1));
        Directory.CreateDirectory(_paths.Folder);
    }

    [Fact]
    public void Who_adopts_an_instance_reads_what_was_allowed_when_it_started()
    {
        GoldenTolerance int8 = new() { Absolute = 0.1, Relative = 1e-300, MinimumAgreement = 0.99 };
        ToleranceNotes.Write(_paths, Release(("fp32", null), ("int8", int8)));
        Assert.Equal(int8, ToleranceNotes.Of(_paths, "int8"));
        Assert.Null(ToleranceNotes.Of(_paths, "fp32"));
        Assert.Null(ToleranceNotes.Of(_paths, "int"));
    }

    [Fact]
    public void Versions_of_one_model_have_their_own()
    {
        GoldenTolerance wide = new() { Absolute = 0.5, Relative = 0, MinimumAgreement = 1 };
        GoldenTolerance narrow = wide with { Absolute = 0.1 };
        PreparedRelease release = Release(("m", wide), ("m", narrow));
        ToleranceNotes.Write(
            _paths,
            release with
            {
                Models = [release.Models[0] with { Version = "v2" }, release.Models[1] with { Version = "v1" }],
            });
        Assert.Equal(wide, ToleranceNotes.Of(_paths, "m.v2"));
        Assert.Equal(narrow, ToleranceNotes.Of(_paths, "m.v1"));
        Assert.Null(ToleranceNotes.Of(_paths, "m"));
    }

    [Fact]
    public void Nothing_is_written_where_the_samples_say_it_themselves()
    {
        ToleranceNotes.Write(_paths, Release(("fp32", null)));
        Assert.Empty(Directory.GetFiles(_paths.Folder));
        Assert.Null(ToleranceNotes.Of(_paths, "fp32"));
    }

    [Theory]
    [InlineData("m 0.1 0.2")]
    [InlineData("m 0.1 0.2 1 extra")]
    [InlineData("m 0.1 x 1")]
    [InlineData("m -1 0 1")]
    [InlineData("m 0 0 0")]
    [InlineData("m 0.1 NaN 1")]
    [InlineData("")]
    public void A_torn_line_counts_for_nothing(string line)
    {
        File.WriteAllText(_paths.Tolerances, line);
        Assert.Null(ToleranceNotes.Of(_paths, "m"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static PreparedRelease Release(params (string Name, GoldenTolerance? Tolerance)[] models) => new(
        Specs.Workload("bearing", "v1"),
        [
            .. models.Select(static m => new PreparedModel(
                m.Name, Digest.Of([1]), ModelFormat.Onnx, "f", "model.onnx", "g") { Tolerance = m.Tolerance }),
        ]);
}
