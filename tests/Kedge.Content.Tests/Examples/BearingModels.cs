using Kedge.Examples.Bearing;

namespace Kedge.Content.Tests.Examples;

/// <summary>The three versions, each trained once for all tests.</summary>
public sealed class BearingModels
{
    public const ulong Seed = 1;

    private readonly Dictionary<string, BearingNetwork> _networks = new(StringComparer.Ordinal)
    {
        ["v1"] = Trainer.Train(TrainingPlan.Of("v1"), Seed),
        ["v2"] = Trainer.Train(TrainingPlan.Of("v2"), Seed),
        ["v3"] = Trainer.Train(TrainingPlan.Of("v3"), Seed),
    };

    public BearingNetwork Of(string version) => _networks[version];
}
