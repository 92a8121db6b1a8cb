/*{
  "ISFVSN": "2",
  "DESCRIPTION": "Waves from five sides, whose crests make a crystal that never repeats.",
  "CREDIT": "vj",
  "CATEGORIES": ["Generator"],
  "FIELD": "form",
  "INPUTS": [
    {"NAME": "scale", "TYPE": "float", "DEFAULT": 1.1, "MIN": 0.6, "MAX": 2.0, "GROUP": "coarse", "LABEL": "How large its forms are"},
    {"NAME": "drift", "TYPE": "point2D", "DEFAULT": [0.0, 0.0], "MIN": [-0.7, -0.7], "MAX": [0.7, 0.7], "GROUP": "coarse", "LABEL": "Where it is looked at"},
    {"NAME": "fold", "TYPE": "float", "DEFAULT": 0.8, "MIN": 0.15, "MAX": 1.5, "GROUP": "coarse", "LABEL": "How much it is folded"},
    {"NAME": "twist", "TYPE": "float", "DEFAULT": 0.0, "MIN": -1.2, "MAX": 1.2, "GROUP": "middle", "LABEL": "How it is twisted"},
    {"NAME": "relief", "TYPE": "float", "DEFAULT": 0.8, "MIN": 0.25, "MAX": 1.6, "GROUP": "middle", "LABEL": "How steep it is in the light"},
    {"NAME": "lamp", "TYPE": "float", "DEFAULT": 0.6, "MIN": -2.4, "MAX": 2.4, "GROUP": "middle", "LABEL": "Radians to where the light stands"},
    {"NAME": "hue", "TYPE": "float", "DEFAULT": 1.0, "MIN": -1.6, "MAX": 1.6, "GROUP": "fine", "LABEL": "Which of its colours"},
    {"NAME": "span", "TYPE": "float", "DEFAULT": 0.9, "MIN": 0.4, "MAX": 1.6, "GROUP": "fine", "LABEL": "How far apart its colours lie"},
    {"NAME": "lines", "TYPE": "float", "DEFAULT": 0.45, "MIN": 0.0, "MAX": 1.0, "GROUP": "fine", "LABEL": "Fine lines along its heights"}
  ],
  "PASSES": [{"TARGET": "form", "FLOAT": true}, {}]
}*/
vec3 field(vec2 p) {
    float t = 0.35 * TIME, sum = 0.0, soft = 0.0;
    p += 0.35 * fold * sin(1.7 * p.yx + vec2(0.4, -0.3) * t);
    float turned = twist * (0.4 + 0.35 * length(p));
    for (int k = 0; k < 5; ++k) {
        float a = 1.25664 * float(k) + turned;
        float wave = dot(p, vec2(cos(a), sin(a))) * 8.5 + t * (0.7 + 0.12 * float(k));
        sum += cos(wave);
        soft += cos(0.5 * wave + 1.0);
    }
    float h = 0.5 + 0.5 * tanh(0.62 * sum);
    return vec3(h, 0.1 * soft + 0.22 * length(p), 0.8 * smoothstep(2.2, 4.6, sum));
}

// What all of these have in common: height in red, place among the colours in green, light of its own in blue.

// An ink of its place among the colours, in linear light: equally strong all round the circle of OKLab.
vec3 colours(float at) {
    float angle = 2.2 * hue + 2.6 * span * at + 0.6;
    vec2 tint = 0.178 * vec2(cos(angle), sin(angle));
    float light = 0.64 + 0.08 * cos(angle - 1.9);
    vec3 lms = light + vec3(0.3963378 * tint.x + 0.2158038 * tint.y, -0.1055613 * tint.x - 0.0638542 * tint.y,
                            -0.0894842 * tint.x - 1.2914855 * tint.y);
    lms *= lms * lms;
    return max(vec3(dot(lms, vec3(4.0767417, -3.3077116, 0.2309699)), dot(lms, vec3(-1.2684380, 2.6097574, -0.3413194)),
                    dot(lms, vec3(-0.0041961, -0.7034186, 1.7076147))), 0.0);
}

void main() {
    if (PASSINDEX == 0) {
        vec2 at = (2.0 * gl_FragCoord.xy - RENDERSIZE) / min(RENDERSIZE.x, RENDERSIZE.y);
        isf_FragColor = vec4(field(at / scale + drift), 1.0);
        return;
    }
    vec2 texel = 1.0 / RENDERSIZE, far = texel * max(1.0, RENDERSIZE.y / 360.0);
    vec3 here = IMG_THIS_PIXEL(form).rgb;
    float right = IMG_NORM_PIXEL(form, isf_FragNormCoord + vec2(far.x, 0.0)).r;
    float above = IMG_NORM_PIXEL(form, isf_FragNormCoord + vec2(0.0, far.y)).r;
    vec2 slope = (vec2(right, above) - here.r) / (far.y * 9.0);
    vec3 normal = normalize(vec3(-relief * slope, 1.0));
    vec3 lamp_at = normalize(vec3(cos(lamp), sin(lamp), 0.9));
    float lit = max(dot(normal, lamp_at), 0.0);
    float gloss = pow(max(dot(normal, normalize(lamp_at + vec3(0.0, 0.0, 1.0))), 0.0), 42.0);
    float rim = pow(1.0 - normal.z, 1.5);

    vec3 base = colours(here.g), other = colours(here.g + 0.45);
    float level = fract(9.0 * here.r);
    // where heights fall so steeply that lines would break up into beads there are none
    float steep = 9.0 * length(vec2(right, above) - here.r);
    float line = smoothstep(0.35, 0.5, abs(level - 0.5)) * lines * (1.0 - smoothstep(0.1, 0.3, steep));
    float deep = smoothstep(0.02, 0.9, here.r);
    vec3 color = base * (0.015 + 1.2 * lit * lit * (0.06 + 0.94 * deep * deep));
    color = mix(color, 0.2 * color + 0.35 * other * deep, line);
    color += other * (0.55 * rim) + mix(vec3(1.0, 0.93, 0.84), other, 0.35) * gloss * 0.55;
    color += here.b * (0.7 * other + 0.25 * base + 0.06);
    color *= 1.3;
    color = color / (1.0 + 0.45 * color);
    vec2 corner = 2.0 * isf_FragNormCoord - 1.0;
    color *= 1.0 - 0.28 * dot(corner, corner) * 0.5;
    isf_FragColor = vec4(pow(clamp(color, 0.0, 1.0), vec3(0.5)), 1.0);
}
