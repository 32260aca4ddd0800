namespace Kedge.Examples.Bearing;

/// <summary>
/// A deep-groove ball bearing of type 6205, as in many test rigs. Its characteristic frequencies, for a shaft at f
/// hertz, follow from geometry alone (R. B. Randall and J. Antoni, "Rolling element bearing diagnostics - A
/// tutorial", Mechanical Systems and Signal Processing 25 (2011) 485-520, equations 1 to 4), with n balls of
/// diameter d on a pitch circle D and no contact angle.
/// </summary>
public static class BearingGeometry
{
    private const int Balls = 9;
    private const double BallDiameterMm = 7.94;
    private const double PitchDiameterMm = 39.04;
    private const double Ratio = BallDiameterMm / PitchDiameterMm;

    /// <summary>Turns of the cage for one turn of the shaft: (1 - d/D) / 2.</summary>
    public const double CageOrder = (1 - Ratio) / 2;

    /// <summary>Strikes on a spall of the outer race for one turn of the shaft: n (1 - d/D) / 2.</summary>
    public const double OuterRaceOrder = Balls * (1 - Ratio) / 2;

    /// <summary>Strikes on a spall of the inner race for one turn of the shaft: n (1 + d/D) / 2.</summary>
    public const double InnerRaceOrder = Balls * (1 + Ratio) / 2;

    /// <summary>Turns of a ball about itself for one turn of the shaft: D/2d (1 - (d/D)^2); it strikes twice.</summary>
    public const double BallSpinOrder = (1 - (Ratio * Ratio)) / (2 * Ratio);
}
